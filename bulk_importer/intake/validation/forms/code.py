"""Writes the source of a function that counts an entry, and compiles it.

Walking a form to count an entry costs more than decoding it: most of what is done for a geometry is calls. So the nodes
of a form write what has to be done as statements, one function for a form. What is the same in every value of a type
(the keys of a point, a classification that every geometry of a class has) is a constant of its node, and only what may
differ is looked at. The source holds names and numbers of ours alone, nothing of a label configuration or of an input.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

__all__ = ["COUNTED", "Code", "Form", "Node", "Program"]

Form: TypeAlias = Any
"""A type that exists only at run time has no static type, and neither has what is decoded into it."""

COUNTED = ("keys", "weight", "omitted", "required", "points", "unset", "deprecated")
"""What is counted in an entry: keys of all objects (without those of the entry that the server ignores, and of points);
its weight (1 + geometries + classification values, but for points); points of lines and polygons, each of which has two
keys and weighs one; notes about classifications that are not given, optional and required ones, and about those without
a value; notes about geometries under the deprecated key."""


class Node:
    """The type of a value, and its count.

    Attributes:
        type: what to decode.
        keys, weight, omitted, required: what every value counts, with the key under which it stands.
    """

    varies = False

    def __init__(
        self, form: Form, *, keys: int = 0, weight: int = 0, omitted: int = 0, required: int = 0
    ) -> None:
        self.type = form
        self.keys = keys
        self.weight = weight
        self.omitted = omitted
        self.required = required

    def look(self, code: Code, value: str) -> None:
        """Write how what may differ in a value is counted."""


class Program:
    """The functions of one form."""

    def __init__(self) -> None:
        self._names: dict[str, Form] = {}
        # By identity: name and value, which is kept, so that no other one comes to have its identity.
        self._known: dict[int, tuple[str, object]] = {}

    def constant(self, value: object) -> str:
        """The name by which functions know a value."""
        name, _ = self._known.setdefault(id(value), (f"c{len(self._known)}", value))
        self._names.setdefault(name, value)
        return name

    def function_of(self, node: Node) -> str:
        """The name of a function that counts what may differ in one value, for a node that stands in many places.

        It is written when it is called for the first time: most of a large configuration is in no entry.
        """
        is_new = id(node) not in self._known
        name = self.constant(node)

        def written(value: Form) -> Form:
            code = Code(self, name, **dict.fromkeys(COUNTED, 0))
            node.look(code, "value")
            return self.defined(code, [f"return {', '.join(COUNTED)}"])(value)

        if is_new:
            self._names[name] = written
        return name

    def defined(self, code: Code, last: Iterable[str]) -> Callable[[Form], Form]:
        """The function that is written, with these lines behind."""
        exec(compile(code.source(last), "<form>", "exec"), self._names)  # noqa: S102 - our own source alone
        return cast("Callable[[Form], Form]", self._names[code.name])


class Code:
    """The lines of one function of `value`, which gives None where a value needs the exact look.

    Attributes:
        name: of the function.
        numbers: what it counts, by name, and with what each begins.
    """

    def __init__(self, program: Program, name: str, **begin: int) -> None:
        self.program = program
        self.numbers = begin
        self.name = name
        self._lines: list[str] = []
        self._depth = 1
        self._variables = 0

    def line(self, text: str) -> None:
        """Write a statement."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write what is written meanwhile under `head`."""
        self.line(f"{head}:")
        self._depth += 1
        yield
        self._depth -= 1

    def variable(self) -> str:
        """A name that nothing has."""
        self._variables += 1
        return f"v{self._variables}"

    def let(self, expression: str) -> str:
        """Write that a new variable has that value; its name."""
        name = self.variable()
        self.line(f"{name} = {expression}")
        return name

    def refuse(self, condition: str) -> None:
        """Write that nothing is known where that holds."""
        self.line(f"if {condition}: return None")

    def increase(self, name: str, by: object) -> None:
        """Write that one of the numbers grows by that."""
        self.numbers.setdefault(name, 0)
        self.line(f"{name} += {by}")

    def add(self, node: Node, times: str = "1") -> None:
        """Write that what every value of the node counts is counted so many times."""
        for name in COUNTED[:4]:
            number = getattr(node, name)
            if number:
                self.increase(name, times if number == 1 else f"{times} * {number}")

    def count(self, node: Node, value: str) -> None:
        """Write that a value is counted."""
        self.add(node)
        node.look(self, value)

    def call(self, node: Node, value: str) -> None:
        """Write that what may differ in a value is counted by a function of the node's own."""
        found = self.let(f"{self.program.function_of(node)}({value})")
        self.refuse(f"{found} is None")
        for place, name in enumerate(COUNTED):
            self.increase(name, f"{found}[{place}]")

    def source(self, last: Iterable[str]) -> str:
        """All of it, with these lines behind."""
        begin = [f"    {name} = {number}" for name, number in self.numbers.items()]
        return "\n".join(
            [f"def {self.name}(value):", *begin, *self._lines, *(f"    {each}" for each in last)]
        )

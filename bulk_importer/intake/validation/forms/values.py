"""Nodes of what entries hold at their ends: the values of classifications, and coordinates.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from bulk_importer.intake.validation.forms.code import Code, Form, Node
from bulk_importer.intake.validation.forms.coordinates import Shape
from bulk_importer.intake.validation.forms.spec import Answers, Question

__all__ = ["AnyValues", "Coordinates", "OneText", "SeveralTexts", "TextOrNull"]


class Coordinates(Node):
    """The coordinates of a geometry; under the deprecated key, each of their elements weighs."""

    def __init__(self, shape: Shape, *, is_deprecated: bool = False) -> None:
        fixed = 0 if shape.is_flat else shape.keys_each
        weight = int(is_deprecated and not shape.is_flat)
        super().__init__(shape.type, keys=1 + fixed, weight=weight)
        self.varies = shape.is_flat is not None or is_deprecated
        self._is_deprecated = is_deprecated
        self._is_flat = shape.is_flat

    def look(self, code: Code, value: str) -> None:
        if self._is_deprecated:
            code.increase("deprecated", 1)
        if self._is_flat is not None:
            code.increase("points", f"len({value})")
            code.refuse(f"{code.program.constant(self._is_flat)}({value})")


class _Values(Node):
    """The values of a classification, which counts as given, and those below it as not."""

    varies = True

    def __init__(self, form: Form, question: Question, below: Answers, *, weight: int = 0) -> None:
        expected, required = question.is_expected, question.is_required
        super().__init__(
            form,
            keys=1,
            weight=weight,
            omitted=below.optional - (expected and not required),
            required=below.required - (expected and required),
        )
        self._unset = "required" if required else "unset"
        self._most_units = question.most_units

    def _look_at_length(self, code: Code, text: str) -> None:
        """Write the look at the UTF-16 units of a text; its type vouches for the characters."""
        if self._most_units is not None:
            code.refuse(f"not {text}.isascii() and len({text}.encode('utf-16-le')) > {2 * self._most_units}")


class OneText(_Values):
    """Exactly one text."""

    def __init__(self, question: Question, below: Answers) -> None:
        super().__init__(tuple.__class_getitem__((question.text,)), question, below, weight=1)
        self.varies = question.most_units is not None

    def look(self, code: Code, value: str) -> None:
        if self.varies:
            self._look_at_length(code, code.let(f"{value}[0]"))


class TextOrNull(_Values):
    """One text or null."""

    def __init__(self, question: Question, below: Answers) -> None:
        super().__init__(tuple.__class_getitem__((question.text | None,)), question, below, weight=1)

    def look(self, code: Code, value: str) -> None:
        text = code.let(f"{value}[0]")
        with code.block(f"if {text} is None"):
            code.increase("weight", -1)
            code.increase(self._unset, 1)
        if self._most_units is not None:
            with code.block("else"):
                self._look_at_length(code, text)


class SeveralTexts(_Values):
    """One text or more."""

    def __init__(self, question: Question, below: Answers) -> None:
        texts = list.__class_getitem__(question.text)
        super().__init__(Annotated[texts, Meta(min_length=1)], question, below)

    def look(self, code: Code, value: str) -> None:
        texts = code.let(f"len({value})")
        code.increase("weight", texts)
        code.refuse(f"{texts} > 1 and len(set({value})) < {texts}")


class AnyValues(_Values):
    """Texts; a null in place of the first; in second place an object, of which `inner` is the node."""

    def __init__(self, question: Question, below: Answers, inner: Node | None) -> None:
        value = None if question.text is None else question.text | None
        if inner is not None:
            value = inner.type if value is None else value | inner.type
        super().__init__(list.__class_getitem__(value), question, below)
        self._may_have_several = question.may_have_several
        self._inner = inner

    def look(self, code: Code, value: str) -> None:
        first, inner = code.let(f"{value}[0] if {value} else None"), code.let("None")
        with code.block(f"if len({value}) == 2 and type({value}[1]) is not str"):
            code.line(f"{inner} = {value}[1]")
            code.refuse(f"{inner} is None")
        with code.block(f"elif len({value}) > 1"):
            self._look_at_several(code, value, first, inner)
        with code.block(f"if type({first}) is str"):
            code.increase("weight", 1)
            self._look_at_length(code, first)
        with code.block("else"):
            code.refuse(f"{first} is not None")
            code.increase(self._unset, 1)
        if self._inner is not None:
            with code.block(f"if {inner} is not None"):
                code.count(self._inner, inner)

    def _look_at_several(self, code: Code, value: str, first: str, inner: str) -> None:
        """Write the look at values that are neither a single one nor one with an object behind it."""
        separate = code.program.constant(_separate)
        texts = code.let(f"{separate}({value}, {self._may_have_several})")
        code.refuse(f"{texts} is None")
        code.line(f"{texts}, {inner} = {texts}")
        # What follows counts the first of them. (Only of a single one does the server count units.)
        code.line(f"{first} = {texts}[0] if {texts} else None")
        code.increase("weight", f"max(0, len({texts}) - 1)")


def _separate(values: Sequence[Form], may_have_several: bool) -> tuple[list[str], Form] | None:
    """The texts of a classification and the object among them, or None; None where they need the exact look."""
    texts = [value for value in values if type(value) is str]
    others = [(place, value) for place, value in enumerate(values) if type(value) is not str]
    if others and others[0] == (0, None):
        others.pop(0)
    if len(others) > 1 or (others and (others[0][0] != 1 or others[0][1] is None)):
        return None
    if len(texts) > 1 and not (may_have_several and len(set(texts)) == len(texts)):
        return None
    return texts, others[0][1] if others else None

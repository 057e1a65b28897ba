"""What a form is made of: types of values, and how what was decoded into them is counted.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from bulk_importer.intake.validation.forms.code import Code, Form, Node

__all__ = ["AnyKeys", "Field", "ListOf", "Object", "Shared"]

_UNNAMEABLE = re.compile(r'["\\\x00-\x1f]')


class Shared(Node):
    """A node that stands in many places, and is counted by a function of its own."""

    varies = True

    def __init__(self, node: Node) -> None:
        super().__init__(
            node.type, keys=node.keys, weight=node.weight, omitted=node.omitted, required=node.required
        )
        self._node = node

    def look(self, code: Code, value: str) -> None:
        code.call(self._node, value)


class ListOf(Node):
    """A list under a key of its own. `total` is the variable that has the number of items in the end, if any has."""

    varies = True

    def __init__(self, item: Node, *, total: str = "") -> None:
        super().__init__(list.__class_getitem__(item.type), keys=1)
        self._item = item
        self._total = total

    def look(self, code: Code, value: str) -> None:
        times = code.let(f"len({value})")
        code.add(self._item, times)
        if self._total:
            code.increase(self._total, times)
        if self._item.varies:
            item = code.variable()
            with code.block(f"for {item} in {value}"):
                self._item.look(code, item)


class AnyKeys(Node):
    """An object of any keys, all of which hold the same; of exactly one key, if it `is_single`."""

    varies = True

    def __init__(self, value: Node, *, keys: int = 0, is_single: bool = False) -> None:
        super().__init__(dict.__class_getitem__((str, value.type)), keys=keys)
        self._value = value
        self._is_single = is_single

    def look(self, code: Code, value: str) -> None:
        times = code.let(f"len({value})")
        if self._is_single:
            code.refuse(f"{times} != 1")
        code.add(self._value, times)
        if self._value.varies:
            each = code.variable()
            with code.block(f"for {each} in {value}.values()"):
                self._value.look(code, each)


class Field(NamedTuple):
    """What stands under a key of an object; `always`: in each of them."""

    key: str
    node: Node
    always: bool


class Object(Node):
    """An object of these keys and no others, with what it counts by itself; has exactly one of the keys `one_of`.

    Keys are in alphabetical order, so that every form of one entry gives the same bytes in `digest.digest_of`. The
    attributes of the type are numbered: keys may hold blanks.
    """

    def __init__(self, name: str, fields: Iterable[Field], *, one_of: Sequence[str] = (), **own: int) -> None:
        # Of one key alone the type demands it; of several, whatever has been seen, the count has to.
        is_sure = len(one_of) == 1
        listed = sorted(each._replace(always=is_sure) if each.key in one_of else each for each in fields)
        super().__init__(_struct_of(name, listed), **own)
        self._fields = listed
        self._one_of = () if is_sure else one_of
        for each in listed:
            if each.always:
                self.keys += each.node.keys
                self.weight += each.node.weight
                self.omitted += each.node.omitted
                self.required += each.node.required
        self.varies = bool(self._one_of) or any(not each.always or each.node.varies for each in listed)

    @staticmethod
    def may_have(key: str) -> bool:
        """Whether a type can have that key; what has another one gets the exact look."""
        return not _UNNAMEABLE.search(key)

    def look(self, code: Code, value: str) -> None:
        unset, missing = code.program.constant(UNSET), []
        for place, (key, node, always) in enumerate(self._fields):
            if always and not node.varies:
                continue
            given = code.let(f"{value}.at{place}")
            if key in self._one_of:
                missing.append(f"({given} is {unset})")
            if always:
                node.look(code, given)
            else:
                with code.block(f"if {given} is not {unset}"):
                    code.count(node, given)
        if missing:
            code.refuse(f"{' + '.join(missing)} != {len(missing) - 1}")


def _struct_of(name: str, fields: Sequence[Field]) -> Form:
    names = {f"at{place}": each.key for place, each in enumerate(fields)}
    made: list[tuple[str, Form] | tuple[str, Form, Form]] = [
        (attribute, each.node.type) if each.always else (attribute, each.node.type | UnsetType, UNSET)
        for attribute, each in zip(names, fields, strict=True)
    ]
    return msgspec.defstruct(name, made, rename=names, forbid_unknown_fields=True, gc=False, kw_only=True)

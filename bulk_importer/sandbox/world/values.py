"""Models the labels of one media as a tree of values; decides when the server calls a value valid.

Pure. `MediaLabels` is what one row of the store holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring_ascii as _quoted
from operator import itemgetter

import msgspec

from bulk_importer.sandbox.world.classes import ClassType, LabelClass
from bulk_importer.sandbox.world.collation import java_length

__all__ = ["MediaLabels", "Value", "canonical", "validate"]


class Value(msgspec.Struct, array_like=True):
    """One label value (protocol 3.4). Ids of its media, task and parent follow from where it stands.

    Attributes:
        sequence: number of the value within its task; later values have higher numbers.
        label_class: number of its class.
        stamp_ms: when the value was created; an update in place keeps it (protocol 2.10).
        by_token: whether the labeler is the token's user.
        numbers: RECTANGLE `x, y, w, h`; POINT `x, y`; LINE and POLYGON `x, y, x, y, ...`; else empty.
            Coordinates that were never set are None.
        texts: CHECKLIST its values; SELECT and FREETEXT one text, or none where it is null.
    """

    sequence: int
    label_class: int
    stamp_ms: int
    by_token: bool
    valid: bool
    numbers: list[float | None]
    texts: list[str]
    children: list[Value]

    def walk(self) -> Iterator[Value]:
        """The value itself and all values below, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


class MediaLabels(msgspec.Struct, array_like=True):
    """All label values of one task. `next_sequence` only grows, so that no id is given twice."""

    next_sequence: int = 1
    roots: list[Value] = []

    def walk(self) -> Iterator[Value]:
        """All values, parents first, in the order in which the roots were created."""
        for root in self.roots:
            yield from root.walk()

    def rows(self) -> int:
        """How many rows the real server holds for these labels: values, points and checklist values."""
        return sum(1 + len(value.numbers) // 2 + len(value.texts) for value in self.walk())


def validate(value: Value, label_class: LabelClass) -> bool:
    """Set `value.valid` as the server does, and return it (protocol 2.7).

    A SELECT whose option does not exist loses its text. A POINT is valid once it was looked at,
    whatever its coordinates are; LINE and POLYGON need points, whatever these are.
    """
    match label_class.type:
        case ClassType.SELECT:
            known = bool(value.texts) and value.texts[0] in label_class.options
            value.valid = known or not (value.texts or label_class.required)
            if not known:
                value.texts = []
        case ClassType.CHECKLIST:
            # Only a required checklist is compared with its options.
            value.valid = not label_class.required or (
                bool(value.texts) and all(text in label_class.options for text in value.texts)
            )
        case ClassType.FREETEXT:
            value.valid = _is_valid_text(value.texts, label_class)
        case ClassType.POINT:
            value.valid = True
        case ClassType.LINE:
            value.valid = len(value.numbers) >= 2 * 2
        case ClassType.POLYGON:
            value.valid = len(value.numbers) >= 3 * 2
        case ClassType.RECTANGLE:
            value.valid = len(value.numbers) == 4 and None not in value.numbers
        case ClassType.IMAGE_SEGMENTATION:
            value.valid = False
    return value.valid


def _is_valid_text(texts: Sequence[str], label_class: LabelClass) -> bool:
    if not texts:
        return not label_class.required
    length = java_length(texts[0])
    longest = label_class.max_length if label_class.max_length is not None else length
    return length <= longest and not (label_class.required and length == 0)


def canonical(roots: Sequence[Value], classes: Mapping[int, LabelClass]) -> list[dict[str, object]]:
    """A form of labels without ids and times, in a fixed order: two media hold the same if their forms are equal.

    Keys: `k` class, `t` type, `valid`, `g` geometry or `v` value, `c` children (as in `semantics.json`). The order
    is that of the values' JSON texts with sorted keys.
    """
    return [form for _, form in _canonical(roots, classes)]


def _canonical(
    values: Sequence[Value], classes: Mapping[int, LabelClass]
) -> list[tuple[str, dict[str, object]]]:
    # The texts are put together from those of the children: encoding each value anew took twice as long.
    forms = [_text_and_form(value, classes) for value in values]
    if len(forms) > 1:
        forms.sort(key=itemgetter(0))
    return forms


def _text_and_form(value: Value, classes: Mapping[int, LabelClass]) -> tuple[str, dict[str, object]]:
    label_class = classes[value.label_class]
    key, kind = label_class.key, str(label_class.type)
    children = _canonical(value.children, classes)
    below = ", ".join([text for text, _ in children])
    middle = f'"k": {_quoted(key)}, "t": "{kind}"'
    flag = "true" if value.valid else "false"
    name, content, text = _content(value, label_class.type)
    form = {"k": key, "t": kind, "valid": value.valid, name: content, "c": [form for _, form in children]}
    if name == "g":
        return f'{{"c": [{below}], "g": {text}, {middle}, "valid": {flag}}}', form
    return f'{{"c": [{below}], {middle}, "v": {text}, "valid": {flag}}}', form


def _content(value: Value, kind: ClassType) -> tuple[str, object, str]:
    """Name, value and JSON text of what a value says. Python writes lists of floats as JSON does, but for null."""
    match kind:
        case ClassType.SELECT | ClassType.FREETEXT:
            return ("v", value.texts[0], _quoted(value.texts[0])) if value.texts else ("v", None, "null")
        case ClassType.CHECKLIST:
            texts = sorted(value.texts)
            return "v", texts, f"[{', '.join(map(_quoted, texts))}]"
        case ClassType.POLYGON | ClassType.LINE:
            pairs = [list(pair) for pair in zip(value.numbers[::2], value.numbers[1::2], strict=True)]
            return "g", pairs, repr(pairs).replace("None", "null")
        case ClassType.POINT | ClassType.RECTANGLE:
            numbers = list(value.numbers)
            return "g", numbers, repr(numbers).replace("None", "null")
        case ClassType.IMAGE_SEGMENTATION:
            return "g", [], "[]"

"""Generates forms: what may stand in an entry, narrowed by what has been seen of an input, as one type with a count.

A form is a `msgspec` type. What decodes into it, and passes the count behind it, is in the language of the import
schema, means one thing under the label configuration, and is worth no error and no warning. What does not is not
thereby wrong: the forms know the ordinary, and the exact look (`strict_json`, `schema`, `labels.meaning`) decides
about the rest.

What the decoder proves by itself: the grammar of JSON, UTF-8, whole surrogate pairs, that a double can hold every
number (its own range check), and all of the import schema and the label configuration that types can say. What the
count has to prove: where values may stand in a classification, that a geometry has one key of coordinates, and how many
keys arrived, so that a repeated key shows (`strict_json.repeats_a_key`).

Nothing seen gives the wide form, which takes all that is ordinary. What was seen leaves out the keys that never came,
and demands those that always did, so that the decoder proves what otherwise had to be counted. All forms of an entry
count alike and give the same digest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from bulk_importer.intake.validation.forms.code import Code, Form, Node, Program
from bulk_importer.intake.validation.forms.digest import MOST_KEYS, encode_canonically, encode_sorted
from bulk_importer.intake.validation.forms.nodes import (
    AnyKeys,
    Field,
    ListOf,
    Object,
    Shared,
)
from bulk_importer.intake.validation.forms.seen import Seen
from bulk_importer.intake.validation.forms.spec import Answers, Classes, Place, Question, Spec
from bulk_importer.intake.validation.forms.values import (
    AnyValues,
    Coordinates,
    OneText,
    SeveralTexts,
    TextOrNull,
)

__all__ = ["NOTES", "EntryForm"]

NOTES = {
    "omitted": "classification-omitted",
    "required": "required-omitted",
    "unset": "classification-unset",
    "deprecated": "geometry-deprecated",
}
"""The codes of the notes that are counted, by the names of their numbers."""

# Where every classification may stand below every other one: the levels of them that a wide form knows.
_LEVELS = 3


class EntryForm:
    """A form of an entry, and the count of what arrived in it.

    Attributes:
        decode: gives an entry that fits the form. The wide form skips keys that the server ignores
            (`strict_json.ignored_keys`), a narrow one refuses an entry that has any.
        encode: writes what the digest of a decoded entry is taken over into a bytearray, in place of what was in it.
        count: gives how many keys a decoded entry has that the server does not ignore, and its weight (1 + geometries +
            classification values + points of lines and polygons); None if it needs the exact look.
    """

    def __init__(self, spec: Spec, seen: Seen | None = None) -> None:
        generator = _Generator()
        answers = generator.answers(spec.answers, _part(seen, "global_classifications"), keys=1)
        classes = generator.classes(spec.classes, _part(seen, "labels"), "")
        fields: list[tuple[str, Form, Form] | tuple[str, Form]] = [
            ("global_classifications", answers.type | UnsetType, UNSET),
            ("internal_media_ID", str),
            ("keepData", bool | UnsetType, UNSET),
            ("labels", classes.type | UnsetType, UNSET),
        ]
        entry = msgspec.defstruct(
            "Entry", fields, forbid_unknown_fields=seen is not None, gc=False, kw_only=True
        )
        self.decode: Callable[[bytes], Form] = msgspec.json.Decoder(entry).decode
        self.encode = encode_canonically if generator.most_keys <= MOST_KEYS else encode_sorted
        # What was counted since it was taken: notes, then geometries, each by its place.
        self._noted = [*NOTES, *generator.totals.values()]
        self._codes = [*NOTES.values(), *generator.totals]
        self._totals = [0] * len(self._noted)
        self.count = self._counting(spec.answers, answers, classes)

    def _counting(
        self, asked: Answers, answers: Node, classes: Node
    ) -> Callable[[Form], tuple[int, int] | None]:
        program = Program()
        begin = {"keys": 1, "weight": 1, "points": 0, "omitted": asked.optional, "required": asked.required}
        code = Code(program, "count", **begin)
        unset, totals = program.constant(UNSET), program.constant(self._totals)
        with code.block(f"if value.keepData is not {unset}"):
            code.increase("keys", 1)
        for key, node in (("global_classifications", answers), ("labels", classes)):
            given = code.let(f"value.{key}")
            with code.block(f"if {given} is not {unset}"):
                code.count(node, given)
        noted = [
            f"if {name}: {totals}[{place}] += {name}"
            for place, name in enumerate(self._noted)
            if name in code.numbers
        ]
        return program.defined(code, [*noted, "return keys + 2 * points, weight + points"])

    def take_notes(self) -> dict[str, int]:
        """The numbers of notes about the entries counted since the last call, by code."""
        return self._take(0, len(NOTES))

    def take_geometries(self) -> dict[str, int]:
        """The geometries counted since the last call, by class, as `geometries_in` names them; of a narrow form."""
        return self._take(len(NOTES), len(self._totals))

    def _take(self, start: int, stop: int) -> dict[str, int]:
        totals = self._totals[start:stop]
        self._totals[start:stop] = [0] * len(totals)
        return {code: total for code, total in zip(self._codes[start:stop], totals, strict=True) if total}

    def uncount(self, entry: Form) -> None:
        """Take back what was noted about the entry that was counted last."""
        before = self._totals.copy()
        self.count(entry)
        self._totals[:] = [2 * then - now for then, now in zip(before, self._totals, strict=True)]


class _Generator:
    """Makes the nodes of one form.

    Attributes:
        totals: the names under which the geometries of each class are counted, by class; of what was seen alone.
        most_keys: of an object.
    """

    def __init__(self) -> None:
        self.most_keys = 0
        self.totals: dict[str, str] = {}
        # The nodes of a wide form may stand in several places; of a flat configuration, in hundreds.
        self._wide: dict[tuple[object, ...], Node] = {}

    def _shared(self, made: Callable[[], Node], *key: object) -> Node:
        """The node of a wide form for that key."""
        if key not in self._wide:
            self._wide[key] = Shared(made())
        return self._wide[key]

    def answers(self, answers: Answers, seen: Seen | None, *, keys: int, level: int = 1) -> Node:
        """Classifications under a key of their own (`keys` is 1), or exactly one as a value (0)."""
        if seen is None:
            return self._shared(lambda: self._answers(answers, None, keys, level), id(answers), keys, level)
        return self._answers(answers, seen, keys, level)

    def _answers(self, answers: Answers, seen: Seen | None, keys: int, level: int) -> Node:
        is_single = not keys
        if seen is None and answers.other is not None:
            value = self._values(answers.other, answers, None, level)
            return AnyKeys(value, keys=keys, is_single=is_single)
        fields = []
        for key in answers.questions if seen is None else seen.parts:
            question = answers.question(key)
            if question is not None and Object.may_have(key):
                node = self._values(question, answers, _part(seen, key), level)
                fields.append(Field(key, node, seen is not None and seen.always(key)))
        self.most_keys = max(self.most_keys, len(fields))
        return Object("Answers", fields, one_of=[each.key for each in fields] if is_single else (), keys=keys)

    def _values(self, question: Question, beside: Answers, seen: Seen | None, level: int) -> Node:
        below = beside if question.below is None else question.below
        if seen is not None and "mixed" not in seen.parts and question.text is not None:
            if "several" not in seen.parts:
                return (TextOrNull if "null" in seen.parts else OneText)(question, below)
            if "null" not in seen.parts and question.may_have_several:
                return SeveralTexts(question, below)
        return AnyValues(question, below, self._inner(question, below, seen, level))

    def _inner(self, question: Question, below: Answers, seen: Seen | None, level: int) -> Node | None:
        """The one classification in the values of another; None where there is none."""
        if seen is None:
            if not (below.questions or below.other) or (question.below is None and level == _LEVELS):
                return None
            return self.answers(below, None, keys=0, level=level + 1)
        inner = seen.parts.get("below", Seen())
        is_known = any(below.question(key) is not None and Object.may_have(key) for key in inner.parts)
        return self.answers(below, inner, keys=0) if is_known else None

    def classes(self, classes: Classes, seen: Seen | None, within: str) -> Node:
        """Lists of geometries, by class; `within` comes before the names of these."""
        if seen is None:
            return self._shared(lambda: self._classes(classes, None, within), id(classes))
        return self._classes(classes, seen, within)

    def _classes(self, classes: Classes, seen: Seen | None, within: str) -> Node:
        if seen is None and classes.other is not None:
            return AnyKeys(self._geometries(classes.other, None, ""), keys=1)
        fields = []
        for key in classes.places if seen is None else seen.parts:
            place = classes.place(key)
            if place is not None and Object.may_have(key):
                node = self._geometries(place, _part(seen, key), f"{within}{key}")
                fields.append(Field(key, node, seen is not None and seen.always(key)))
        self.most_keys = max(self.most_keys, len(fields))
        return Object("Classes", fields, keys=1)

    def _geometries(self, place: Place, listed: Seen | None, name: str) -> Node:
        seen = _part(listed, "each")
        shapes = [key for key in place.shapes if seen is None or key in seen.parts]
        if not shapes:
            return Node(Annotated[list[None], Meta(max_length=0)], keys=1)
        parts: dict[str, Node] = {
            key: Coordinates(place.shapes[key], is_deprecated=key == "geometry") for key in shapes
        }
        if seen is None or "classifications" in seen.parts:
            parts["classifications"] = self.answers(place.answers, _part(seen, "classifications"), keys=1)
        if place.nested is not None and (seen is None or "nested_geometries" in seen.parts):
            parts["nested_geometries"] = self.classes(
                place.nested, _part(seen, "nested_geometries"), f"{name}/"
            )
        fields = [Field(key, node, seen is not None and seen.always(key)) for key, node in parts.items()]
        optional, required = place.answers.optional, place.answers.required
        geometry = Object("Geometry", fields, one_of=shapes, weight=1, omitted=optional, required=required)
        if seen is None:
            return Shared(ListOf(geometry))
        total = self.totals[name] = f"of{len(self.totals)}"
        return ListOf(geometry, total=total)


def _part(seen: Seen | None, key: str) -> Seen | None:
    """What was seen of a part; None where nothing is known of anything."""
    return None if seen is None else seen.parts.get(key, Seen())

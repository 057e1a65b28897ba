"""Turns a picture into entries of an import, by the class map and the label configuration.

Pure. What finds no place is left behind, one object at a time, and goes to the account; the rest of the picture is
carried. Without a label configuration, names and forms are written as they come, and `check` says later what does not
fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.model import Annotation, Drawn, Keypoint, Kind, Left, Picture, Point, Size, Tag
from bulk_importer.formats.shapes.shaping import Misfit, geometries_of
from bulk_importer.formats.writing.account import Account
from bulk_importer.formats.writing.answering import Answers, Complain, Filled, add_answer, answers_of, written
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.formats.writing.places import Place
from bulk_importer.labels.label_config import ClassType

__all__ = ["EntryWriter"]

_Json: TypeAlias = dict[str, Any]
_MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class EntryWriter:
    """Makes entries, and keeps the account.

    Attributes:
        root: of the label configuration.
    """

    root: Place
    class_map: ClassMap
    choices: Choices
    account: Account
    # Changed by `_way_of` alone: what becomes of drawn annotations, by their kind.
    _ways: dict[Kind, _Way | None] = field(default_factory=dict)

    def write(self, picture: Picture) -> Iterator[_Json]:
        """The entries of a picture, in the order in which they must be sent, to be encoded by msgspec.

        `origin` says for people where each came from: the place of the picture, and those of its annotations, in the
        order of the geometries below each class. The server ignores it.

        They are more than one where several children of a classification of the whole picture have values, which the
        import format cannot say in one.
        """
        work = _PictureWork(self, picture, picture.size or self.choices.sizes(picture.name), {}, {})
        self._put(picture.annotations, work)
        first, *others = work.classifications(picture.tags)
        media_id = picture.name if self.choices.names_as_ids else picture.media_id
        if media_id is None:
            self.account.named(picture.name)
        head = {"external_media_ID": picture.name} if media_id is None else {"internal_media_ID": media_id}
        # A picture of which all is left behind must not lose what its media holds.
        is_lost = bool(picture.annotations or picture.tags) and not (work.labels or first)
        entry: _Json = {**head, "keepData": self.choices.keep_data or is_lost}
        if first:
            entry["global_classifications"] = first
        if work.labels:
            entry["labels"] = work.labels
        entry["origin"] = {"picture": picture.origin, "labels": work.origins}
        self.account.pictures += 1
        self.account.entries += 1 + len(others)
        yield entry
        for each in others:
            origin = {"picture": picture.origin}
            yield {**head, "keepData": True, "global_classifications": each, "origin": origin}

    def _put(self, annotations: Sequence[Annotation | Drawn], work: _PictureWork) -> None:
        """Put annotations into the labels: the texts of drawn ones where their class takes such shapes."""
        labels, origins, ways = work.labels, work.origins, self._ways
        carried: list[str] = []
        for each in annotations:
            if not isinstance(each, Drawn):
                work.put(each, self.root, labels)
                continue
            kind = each.kind
            way = ways.get(kind, _UNKNOWN)
            if way is _UNKNOWN:
                way = self._way_of(each)
            if way is None:
                work.put(each.plain(), self.root, labels)
                continue
            for code, about, expected, found in way.complaints:
                work.leave(code, about, each.origin, expected, found, objects=0)
            geometry = msgspec.Raw(each.geometry[:-1] + way.tail if way.tail else each.geometry)
            key = way.key
            if key in labels:
                labels[key].append(geometry)
                origins[key].append(each.origin)
            else:
                labels[key] = [geometry]
                origins[key] = [each.origin]
            carried.append(kind.label)
        self.account.carry_all(carried)

    def _way_of(self, drawn: Drawn) -> _Way | None:
        """What becomes of annotations like this one; None where its class does not take such shapes."""
        if len(self._ways) >= _MOST_KEPT:
            self._ways.clear()
        label = drawn.kind.label
        key = self.class_map.classes.get(label, label)
        place = None if key is None else self.root.shape(key)
        wanted = ClassType.RECTANGLE if drawn.kind.is_box else ClassType.POLYGON
        if place is None or (place.label is not None and place.label.type is not wanted):
            self._ways[drawn.kind] = None
            return None
        complaints: list[tuple[str, str, str, str]] = []

        def complain(code: str, name: str, expected: str, found: str) -> None:
            complaints.append((code, f"{label}.{name}", expected, found))

        tail = b""
        if drawn.kind.attributes:
            answers = self.answers(drawn.plain(), place, complain)
            tail = b',"classifications":%b}' % msgspec.json.encode(answers) if answers else b""
        way = self._ways[drawn.kind] = _Way(place.key, tail, tuple(complaints))
        return way

    def answers(self, annotation: Annotation, place: Place, complain: Complain) -> _Json:
        """The classifications that the attributes of an annotation make at a place of the configuration."""
        found = answers_of(annotation.attributes, place, annotation.label, self.class_map, complain)
        return {key: written(filled, key, complain) for key, filled in found.items()}


class _Way(msgspec.Struct, frozen=True):
    """What becomes of a drawn annotation.

    Attributes:
        tail: what ends its geometry in place of the last bracket, where it has classifications; else empty.
        complaints: what is said of each: code, name, what is expected, and what is there.
    """

    key: str
    tail: bytes
    complaints: tuple[tuple[str, str, str, str], ...]


_UNKNOWN = _Way("", b"", ())
"""Of a kind that was not there before."""


@dataclass(frozen=True, slots=True)
class _PictureWork:
    """The work on one picture.

    Attributes:
        labels: of the entry; filled by `put`.
        origins: by class, where each geometry of `labels` came from.
    """

    writer: EntryWriter
    picture: Picture
    size: Size | None
    labels: _Json
    origins: dict[str, list[str]]

    def put(self, annotation: Annotation, place: Place, labels: _Json) -> None:
        """Put an annotation, with all that hangs on it, into the labels of an entry or of a geometry."""
        own, geometry = (
            self._shape(annotation, place, labels) if annotation.shape is not None else (None, None)
        )
        nested: _Json = {}
        for keypoint in annotation.keypoints:
            self._keypoint(keypoint, annotation, own, nested)
        for each in annotation.within:
            if own is not None and own.shape(self._class_of(each) or "") is not None:
                self.put(each, own, nested)
            else:
                self.put(each, self.writer.root, labels)
        if nested and geometry is not None:
            geometry["nested_geometries"] = nested

    def classifications(self, tags: tuple[Tag, ...]) -> list[_Json]:
        """What is said of the picture as a whole: classifications of its entry, and of further ones behind it."""
        found: Answers = {}
        for tag in tags:
            self._tag(tag, found)
        entries: list[_Json] = [{}]
        for key, filled in found.items():
            if filled.is_empty:
                continue
            children = list(filled.below.items())
            for at, (child, below) in enumerate(children or [("", None)]):
                alone = Filled(filled.question)
                alone.values = filled.values if at == 0 else []
                alone.below = {child: below} if below is not None else {}
                array = written(alone, key, self._complaint(key, "", 0))
                if at == 0:
                    entries[0][key] = array
                else:
                    entries.append({key: array})
        return entries

    def _class_of(self, annotation: Annotation) -> str | None:
        return self.writer.class_map.classes.get(annotation.label, annotation.label)

    def _shape(
        self, annotation: Annotation, below: Place, labels: _Json
    ) -> tuple[Place | None, _Json | None]:
        """Put the shape of an annotation into labels; returns its class and its first geometry, if it was carried."""
        key = self._class_of(annotation)
        if key is None:
            self.leave("class-left-out", annotation.label, annotation.origin, "", annotation.label)
            return None, None
        place = below.shape(key)
        try:
            if place is None:
                raise Misfit("class-unmapped", below.meant_shape(key), key)
            geometries = self._geometries(annotation, place)
        except Misfit as misfit:
            self.leave(misfit.code, annotation.label, annotation.origin, misfit.expected, misfit.found)
            return None, None
        complain = self._complaint(annotation.label, annotation.origin)
        answers = self.writer.answers(annotation, place, complain)
        for geometry in geometries:
            if answers:
                geometry["classifications"] = dict(answers)
        self._add(labels, place.key, geometries, annotation.origin)
        self.writer.account.carry(annotation.label)
        return place, geometries[0]

    def _add(self, labels: _Json, key: str, geometries: Sequence[_Json], origin: str) -> None:
        labels.setdefault(key, []).extend(geometries)
        if labels is self.labels:
            self.origins.setdefault(key, []).extend([origin] * len(geometries))

    def _geometries(self, annotation: Annotation, place: Place) -> list[_Json]:
        assert annotation.shape is not None
        wanted = place.label.type if place.label else None
        shaped = geometries_of(annotation.shape, wanted, self.size, self.writer.choices)
        if shaped.clipped:
            self.leave("shape-clipped", annotation.label, annotation.origin, "", shaped.clipped, objects=0)
        return list(shaped.geometries)

    def _keypoint(self, keypoint: Keypoint, annotation: Annotation, own: Place | None, nested: _Json) -> None:
        name = f"{annotation.label}.{keypoint.name}"
        key = self.writer.class_map.keypoints.get(keypoint.name, keypoint.name)
        if key is None:
            self.leave("class-left-out", name, annotation.origin, "", keypoint.name)
            return
        # Without a configuration nobody knows that a class may stand inside another one; at the root all may.
        inside = own.shape(key) if own is not None and own.label is not None else None
        place = inside or self.writer.root.shape(key)
        try:
            if place is None:
                raise Misfit("keypoint-unmapped", self.writer.root.meant_shape(key), key)
            wanted = place.label.type if place.label else None
            shaped = geometries_of(Point(keypoint.x, keypoint.y), wanted, self.size, self.writer.choices)
        except Misfit as misfit:
            self.leave(misfit.code, name, annotation.origin, misfit.expected, misfit.found)
            return
        labels = nested if inside is not None else self.labels
        self._add(labels, place.key, shaped.geometries, annotation.origin)
        self.writer.account.carry(name)

    def _tag(self, tag: Tag, found: Answers) -> None:
        complain = self._complaint("", tag.origin)
        meaning = self.writer.class_map.tags.get(tag.name, tag.name)
        if meaning is None:
            complain("attribute-left-out", tag.name, "", tag.name)
            return
        key, _, value = meaning.partition("=")
        if value:
            question = self.writer.root.question(key)
        elif tag.answer.values or tag.answer.below:
            question = self.writer.root.question(meaning)
        else:
            asked = self.writer.root.questions_with(meaning) if self.writer.root.children is not None else []
            question, value = asked[0] if len(asked) == 1 else (None, "")
        if question is None:
            complain("tag-unmapped", tag.name, self.writer.root.meant_question(key), meaning)
            return
        answer = type(tag.answer)((value,)) if value else tag.answer
        add_answer(found, question, tag.name, answer, "", self.writer.class_map, complain)

    def _complaint(self, label: str, origin: str, objects: int = 0) -> Complain:
        def complain(code: str, name: str, expected: str, shown: str) -> None:
            about = f"{label}.{name}" if label else name
            self.leave(code, about, origin, expected, shown, objects=objects)

        return complain

    def leave(
        self, code: str, label: str, origin: str, expected: str, shown: str, *, objects: int = 1
    ) -> None:
        """Something of the picture is left behind, or was decided."""
        where = f"{self.picture.origin}, {origin}" if origin else self.picture.origin
        self.writer.account.leave(Left(code, where, label, expected, shown, objects))

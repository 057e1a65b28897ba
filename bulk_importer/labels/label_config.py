"""The label configuration of a project: its classes, where each may stand, and what a value may be.

Pure. It is read from any form in which people have one: the server's own (alone, or inside a task), the export of
the editor, the body with which a configuration is set, a list of `label_classes`, or an export that begins with one.
A list of `label_classes` is *flat*: it names classes and types, and neither parents nor options nor lengths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

import msgspec

from bulk_importer.errors import UsageError

__all__ = ["CLASSIFICATIONS", "ClassType", "LabelClass", "LabelConfig", "read_label_config"]


class ClassType(StrEnum):
    """What a class labels: a shape, the whole image's pixels, or a question with an answer."""

    POINT = "POINT"
    LINE = "LINE"
    POLYGON = "POLYGON"
    RECTANGLE = "RECTANGLE"
    IMAGE_SEGMENTATION = "IMAGE_SEGMENTATION"
    SELECT = "SELECT"
    CHECKLIST = "CHECKLIST"
    FREETEXT = "FREETEXT"


CLASSIFICATIONS = frozenset({ClassType.SELECT, ClassType.CHECKLIST, ClassType.FREETEXT})
"""The types whose values are texts."""


class LabelClass(msgspec.Struct, frozen=True):
    """A class, or a classification, with what may stand below it.

    Attributes:
        key: as the server stores it, in lower case.
        options: the option keys of a select or checklist; None where they are not known.
        max_length: of a text, in UTF-16 units as the server counts; None where it is not known.
    """

    key: str
    type: ClassType
    required: bool = False
    options: tuple[str, ...] | None = None
    max_length: int | None = None
    children: tuple[LabelClass, ...] = ()

    def below(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], LabelClass]]:
        """This class and all below it, each with the keys above it."""
        yield path, self
        for child in self.children:
            yield from child.below((*path, self.key))


class LabelConfig(msgspec.Struct, frozen=True):
    """A label configuration; a value that can be pickled, compared, and written as JSON.

    Attributes:
        roots: the classes at the root, sorted by key, so that equal configurations are equal values.
        flat: it was read from `label_classes`: every class of the configuration is in `roots`, wherever it stands.
    """

    roots: tuple[LabelClass, ...]
    flat: bool = False

    @staticmethod
    def entries_in(document: object) -> list[dict[str, object]] | None:
        """The classes of a configuration in the server's own form, of decoded JSON; None of any other form."""
        found = _unwrapped(document)
        if not isinstance(found, list) or not all(
            isinstance(each, dict) and "entryKey" in each for each in found
        ):
            return None
        return found

    def all_classes(self) -> Iterator[tuple[tuple[str, ...], LabelClass]]:
        """Every class with the keys above it."""
        for root in self.roots:
            yield from root.below()

    def unchecked(self) -> tuple[str, ...]:
        """What in entries cannot be checked, in words; empty for a complete configuration."""
        if not self.flat:
            return ()
        return (
            "where a class may stand (label_classes has no parents)",
            "whether an option exists (label_classes has no options)",
            "how long a text may be (label_classes has no lengths)",
            "whether a classification is required",
        )

    def breaks(self, older: LabelConfig) -> tuple[str, ...]:
        """What an entry that fitted `older` may no longer fit, in words; empty if things were only added."""
        now = {(path, each.key, each.type): each for path, each in self.all_classes()}
        found = []
        for path, then in older.all_classes():
            name = "/".join((*path, then.key))
            each = now.get((path, then.key, then.type))
            if each is None:
                found.append(f"{then.type} {name!r} is gone or has another type")
            else:
                found += [f"{name!r} {change}" for change in _narrowed(then, each)]
        return tuple(found)


def _narrowed(then: LabelClass, now: LabelClass) -> Iterator[str]:
    lost = sorted(set(then.options or ()) - set(now.options or ())) if now.options is not None else []
    if lost:
        yield f"lost the option {', '.join(map(repr, lost))}"
    if now.required and not then.required:
        yield "became required"
    if (now.max_length or _LONGEST_TEXT) < (then.max_length or _LONGEST_TEXT):
        yield f"allows {now.max_length} characters in place of {then.max_length or _LONGEST_TEXT}"


_LONGEST_TEXT = 255
_FLAT_TYPES = {"radio": ClassType.SELECT}  # what an export calls a select of up to three options


def read_label_config(document: object, *, source: str = "the label configuration") -> LabelConfig:
    """Read a configuration from decoded JSON, in whichever of the known forms it is.

    Raises:
        UsageError: if it is in none of them; `source` says where it came from.
    """
    found = _unwrapped(document)
    try:
        if isinstance(found, list) and found and all(_is_flat(each) for each in found):
            return LabelConfig(_sorted(map(_flat_class, found)), flat=True)
        if isinstance(found, list) and (found or document != []):
            return LabelConfig(_sorted(map(_class, found)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{source} cannot be read: {_reason(error)}.") from error
    raise UsageError(
        f"{source} has no classes. Give the answer of /api/lconfig/ID or of its /export, or a list of label_classes."
    )


def _unwrapped(document: object) -> object:
    """The list of classes inside what was given."""
    if (
        isinstance(document, list)
        and document
        and isinstance(document[0], dict)
        and "label_classes" in document[0]
    ):
        return document[0]["label_classes"]
    for key in ("labelConfig", "entries", "label_classes"):
        if isinstance(document, dict) and key in document:
            document = document[key]
    return document


def _is_flat(each: object) -> bool:
    return isinstance(each, dict) and "class_name" in each


def _flat_class(each: Mapping[str, str]) -> LabelClass:
    kind = each.get("geometry_type") or each["classification_type"]
    return LabelClass(each["class_name"].lower(), _FLAT_TYPES.get(kind.lower()) or ClassType(kind.upper()))


def _class(each: Mapping[str, object]) -> LabelClass:
    key, kind = each["entryKey"], each["type"]
    if not isinstance(key, str) or not isinstance(kind, str):
        raise TypeError("entryKey and type of a class must be texts")
    options, children, longest = each.get("options"), each.get("children") or [], each.get("maxLength")
    if (
        not isinstance(children, list)
        or not isinstance(options, dict | None)
        or not isinstance(longest, int | None)
    ):
        raise TypeError(f"children, options or maxLength of {key!r} are not what they should be")
    has_options = ClassType(kind.upper()) in {ClassType.SELECT, ClassType.CHECKLIST}
    return LabelClass(
        key.lower(),
        ClassType(kind.upper()),
        required=bool(each.get("required")),
        options=tuple(sorted(options or ())) if has_options else None,
        max_length=longest,
        children=_sorted(map(_class, children)),
    )


def _sorted(classes: Iterable[LabelClass]) -> tuple[LabelClass, ...]:
    return tuple(sorted(classes, key=lambda each: (each.key, each.type)))


def _reason(error: Exception) -> str:
    return f"a class has no {error}" if isinstance(error, KeyError) else str(error)

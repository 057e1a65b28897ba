"""Goes over the pictures of VIA twice: to see which attributes its regions have, and to read them."""

from __future__ import annotations

from collections.abc import Iterator

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.documents.via.files import File, files_in, is_csv, is_json
from bulk_importer.formats.documents.via.regions import annotations_of, said_in
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Annotation, Left, Picture, Tag
from bulk_importer.formats.values.saying import placed

__all__ = ["read", "recognises"]

_MOST_NAMED = 10


def recognises(members: Members) -> bool:
    """Whether it is a single file that begins as one of the three does."""
    if len(members.paths) != 1:
        return False
    head = members.head(members.paths[0])
    return is_csv(head) or is_json(head)


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures of a file, in its order."""
    class_attribute = choices.class_attribute or _only_attribute(members)
    seen: set[int] = set()
    for found in _files(members):
        if isinstance(found, Left):
            yield found
            continue
        if hash(found.name) in seen:
            yield Left("picture-twice", found.origin, "", "each picture once", found.name, objects=0)
        seen.add(hash(found.name))
        yield from _picture(found, class_attribute, choices)


def _files(members: Members) -> Iterator[File | Left]:
    path = members.paths[0]
    head = members.head(path)
    if not is_csv(head) and not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        raise SourceUnreadable(members.name, "it is neither JSON nor CSV as VIA 2 writes it")
    with members.open(path) as file:
        yield from files_in(file, head, members.name)


def _only_attribute(members: Members) -> str | None:
    """The attribute that regions have, if it is one; None where they have none.

    Raises:
        ChoiceNeeded: there are several.
    """
    names: dict[str, None] = {}
    for found in _files(members):
        if isinstance(found, File):
            for _, region in found.regions:
                said = said_in(region.get("region_attributes")) if isinstance(region, dict) else {}
                names.update(dict.fromkeys(said))
    if len(names) > 1:
        raise ChoiceNeeded(
            f"{members.name}: the regions have the attributes {', '.join(list(names)[:_MOST_NAMED])}, and VIA does not "
            f"say which one is the class. Say it with --class-attribute, as in --class-attribute {next(iter(names))}."
        )
    return next(iter(names), None)


def _picture(found: File, class_attribute: str | None, choices: Choices) -> Iterator[Picture | Left]:
    annotations: list[Annotation] = []
    for origin, region in found.regions:
        for each in annotations_of(region, origin, class_attribute):
            if isinstance(each, Left):
                yield placed(each, found.origin)
            else:
                annotations.append(each)
    tags = tuple(Tag(name, "file_attributes", answer) for name, answer in said_in(found.said).items())
    yield Picture(
        found.name,
        found.origin,
        choices.sizes(found.name),
        tuple(annotations),
        tags,
        is_stem=not is_picture(found.name),
    )

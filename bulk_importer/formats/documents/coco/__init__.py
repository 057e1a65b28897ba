"""COCO: instances, keypoints and crowds, with what LVIS, CVAT and others write beside the format.

    the file --(planning, one pass over its sections)--> where images and annotations lie, ids and order
             --(grouping)--> shares: images with their annotations, sorted in a scratch file where they are not in order
             --(reading)--> pictures, in the order of `images`

- `text` knows where values begin and end, finds and cuts the arrays of the file, and decodes their elements; those of a
  long array are looked at in parts, side by side, where there are processes for it.
- `pictures` and `classes` are the indexes, `outlines` segmentations, `attributes` what is said beside them, and
  `annotations` one row of the file; `drawing` is the fast way for the many that are one outline. `repeated` finds what
  occurs more than once.

The sections may come in any order, and the annotations too. Memory is bounded: stretches of half a MiB, ranges of
pictures in a scratch file, and about a hundred bytes for each picture.

What COCO cannot say, its writers put in many ways, so that what cannot be told becomes a finding: a box beside its
outline, a part inside another one without an area, run lengths that end short. A section that occurs twice is refused:
`json.load` takes the last, others both.
"""

from __future__ import annotations

from collections.abc import Iterator

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.documents.coco.planning import CocoPlan, plan_of
from bulk_importer.formats.json_rows import top_keys
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Left, Picture
from bulk_importer.formats.sharing import read_in_shares

__all__ = ["plans", "read", "recognises"]

_KINDS = ("instances_", "person_keypoints_", "stuff_", "captions_", "panoptic_")
_IMAGE_MARKS = (b'"file_name"', b'"coco_url"')


def recognises(members: Members) -> bool:
    """Whether there is a file with the sections of COCO."""
    return any(_is_coco(members, path) for path in _candidates(members))


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures of each COCO file, in the order of the names of the files. Raises as `plans` does."""
    return read_in_shares(plans(members, choices), members, choices)


def plans(members: Members, choices: Choices) -> Iterator[CocoPlan | Left]:
    """A plan for each COCO file, in the order of the names of the files, behind what else there is.

    Raises:
        SourceUnreadable: there is none, or one is cut off.
        ChoiceNeeded: there are several that say different things of the same pictures.
    """
    if len(members.paths) == 1:
        yield plan_of(members, members.paths[0], "", choices)
        return
    paths = [path for path in _candidates(members) if _is_coco(members, path)]
    if not paths:
        raise SourceUnreadable(members.name, "none of its files is a COCO file")
    _require_one_kind(members, paths)
    taken = set(paths)
    for path in members.paths:
        if path not in taken and not is_picture(path):
            yield Left("member-passed-over", path, "", "COCO files", "another kind of file", objects=0)
    for path in paths:
        yield plan_of(members, path, f"{path}: " if len(paths) > 1 else "", choices)


def _candidates(members: Members) -> tuple[str, ...]:
    if len(members.paths) == 1:
        return members.paths
    return tuple(path for path in members.paths if path.lower().endswith(".json"))


def _is_coco(members: Members, path: str) -> bool:
    head = members.head(path)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        return False
    keys = set(top_keys(head))
    if "images" in keys and any(mark in head for mark in _IMAGE_MARKS):
        return True
    return "annotations" in keys and b'"image_id"' in head


def _require_one_kind(members: Members, paths: list[str]) -> None:
    """Files that only differ in what they hold of the same pictures must be given one by one."""
    seen: dict[str, str] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        split = next((name.removeprefix(kind) for kind in _KINDS if name.startswith(kind)), name)
        other = seen.setdefault(f"{folder}/{split}", path)
        if other != path:
            raise ChoiceNeeded(
                f"{members.name} has {other} and {path}, which are about the same pictures. Give the one that you "
                "want by itself, and not the folder; if it is in an archive, unpack that first."
            )

"""What the numbers in YOLO rows mean: names of classes and of keypoints, from the files in which tools write them.

Those are `data.yaml`, under other names, too (Ultralytics, CVAT, Roboflow, FiftyOne, supervision, SAHI), `obj.names`
(Darknet, CVAT, FiftyOne), and `classes.txt` (Label Studio, labelImg). Label Studio writes `classes.txt` in another
order than that of the numbers where its configuration sets them, and `notes.json` beside it, which has both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import basename, dirname, splitext
from typing import Any

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.folders.yolo.yaml_subset import Value, sections, value_of
from bulk_importer.formats.json_rows import decoded
from bulk_importer.formats.members import Members, lines_of

__all__ = ["Classes", "classes_of", "is_settings_file"]

_SETTINGS = (".yaml", ".yml", ".names", "classes.txt", "notes.json", "obj.data")
_MOST_KEYPOINTS = 10_000
"""Of an object; each gets a name."""
_LISTS = ("train", "val", "valid", "test", "minival")


@dataclass(frozen=True, slots=True)
class Classes:
    """What numbers mean.

    Attributes:
        names: of classes, by number.
        keypoints: names in the order of a row; None where nothing says whether rows have any.
        numbers_each: of a keypoint: 2, or 3 with its visibility; None where the number of numbers in a row shows it.
        source: the file that names the classes, or the flag.
        lists: files that list pictures, as the settings name them.
        are_chosen: a person named the classes.
        are_counted: nothing but their order says which number they have.
    """

    names: Mapping[int, str]
    keypoints: tuple[str, ...] | None
    numbers_each: int | None
    source: str
    lists: tuple[str, ...] = ()
    are_chosen: bool = False
    are_counted: bool = False


@dataclass(slots=True)
class _Found:
    """What one file says."""

    path: str
    names: dict[int, str]
    keypoints: tuple[str, ...] | None = None
    numbers_each: int | None = None
    lists: list[str] = field(default_factory=list)
    are_counted: bool = False


def is_settings_file(path: str) -> bool:
    """Whether a file may say what numbers mean, by its name."""
    if not path.lower().endswith(_SETTINGS):
        return False
    name = basename(path).lower()
    return splitext(name)[1] in _SETTINGS or name in _SETTINGS


def classes_of(members: Members, choices: Choices) -> Classes:
    """What the numbers of a dataset mean.

    Raises:
        SourceUnreadable: a file that says so cannot be read.
        ChoiceNeeded: no file does, or two say different things.
    """
    found = list(_all(members))
    lists = tuple(dict.fromkeys(each for one in found for each in one.lists))
    keypoints = next((one for one in found if one.keypoints is not None), None)
    names_of_points = keypoints.keypoints if keypoints else None
    numbers_each = keypoints.numbers_each if keypoints else None
    if choices.keypoint_names is not None:
        names_of_points, numbers_each = choices.keypoint_names, None
    if choices.class_names is not None:
        names = {number: name for number, name in enumerate(choices.class_names) if name}
        return Classes(names, names_of_points, numbers_each, "--class-names", lists, are_chosen=True)
    named = [one for one in found if one.names]
    if not named:
        raise ChoiceNeeded(
            f"{members.name} is YOLO, and no file in it names its classes (data.yaml, obj.names or classes.txt). Say "
            "their names with --class-names FILE, one a line, that of number 0 first."
        )
    first = named[0]
    other = next((one for one in named if one.names != first.names), None)
    if other is not None:
        raise ChoiceNeeded(
            f"{members.name} names its classes in two ways: {first.path} and {other.path}. Convert the folder of each "
            "by itself, or say which names hold with --class-names FILE, one a line, that of number 0 first."
        )
    counted = all(one.are_counted for one in named)
    return Classes(first.names, names_of_points, numbers_each, first.path, lists, are_counted=counted)


def _all(members: Members) -> Iterator[_Found]:
    noted = {
        dirname(path)
        for path in members.paths
        if path.endswith("notes.json") and basename(path) == "notes.json"
    }
    for path in members.paths:
        if not is_settings_file(path):
            continue
        name = basename(path).lower()
        if name == "classes.txt" and dirname(path) in noted:
            continue
        try:
            one = (_FILES.get(name) or _FILES[splitext(name)[1]])(members, path)
        except ValueError as error:
            raise SourceUnreadable(
                f"{members.name}: {path}",
                f"it does not say what the class numbers mean in a way that is understood ({error})",
                advice="Correct the file, or take it away and say the names with --class-names FILE.",
            ) from error
        if one is not None:
            yield one


def _yaml(members: Members, path: str) -> _Found | None:
    text = _text(members, path)
    if "names" not in text:
        return None  # settings of something else
    document = sections(text)
    if "names" not in document:
        return None
    names = value_of(*document["names"])
    one = _Found(path, _numbered(names), are_counted=isinstance(names, list))
    for key in _LISTS:
        value = value_of(*document[key]) if key in document else ""
        one.lists += [
            each for each in ([value] if isinstance(value, str) else value) if isinstance(each, str)
        ]
    if "kpt_shape" in document and (shape := value_of(*document["kpt_shape"])):
        if not (isinstance(shape, list) and len(shape) == 2 and str(shape[1]) in {"2", "3"}):
            raise ValueError(f"kpt_shape is {shape}")
        count, one.numbers_each = int(str(shape[0])), int(str(shape[1]))
        if count > _MOST_KEYPOINTS:
            raise ValueError(f"kpt_shape says {count} keypoints")
        points = _names_of_points(value_of(*document.get("kpt_names", ("", []))))
        one.keypoints = points if len(points) == count else tuple(map(str, range(count)))
    return one


def _names_of_points(value: Value) -> tuple[str, ...]:
    """Of `kpt_names`: a list, or a list for each class, of which the first counts where they are all the same."""
    lists = list(value.values()) if isinstance(value, dict) else [value]
    if not lists or not isinstance(lists[0], list) or any(each != lists[0] for each in lists):
        return ()
    return tuple(map(str, lists[0]))


def _numbered(names: Value) -> dict[int, str]:
    if isinstance(names, dict):
        return {int(number): str(name) for number, name in names.items()}
    if isinstance(names, list):
        return {number: str(name) for number, name in enumerate(names)}
    raise ValueError("names is no list")


def _lines(members: Members, path: str) -> _Found:
    lines = lines_of(_text(members, path).rstrip())
    names = {number: name.strip() for number, name in enumerate(lines) if name.strip()}
    return _Found(path, names, are_counted=True)


def _darknet(members: Members, path: str) -> _Found:
    """The file `obj.data`, whose names stand in another one; here it is asked for the lists of pictures."""
    pairs = (line.partition("=") for line in _text(members, path).splitlines())
    lists = [
        value.strip() for key, _, value in pairs if key.strip() not in {"classes", "names", "backup", ""}
    ]
    return _Found(path, {}, lists=lists)


def _notes(members: Members, path: str) -> _Found | None:
    document: Any = decoded(members.read(path), f"{members.name}: {path}")
    categories = document.get("categories") if isinstance(document, dict) else None
    if not isinstance(categories, list):
        return None
    try:
        one = _Found(path, {int(each["id"]): str(each["name"]) for each in categories})
        keypoints = [tuple(map(str, each["keypoints"])) for each in categories if "keypoints" in each]
    except (TypeError, KeyError) as error:
        raise ValueError(f"a category without {error}") from error
    if keypoints:
        one.keypoints, one.numbers_each = keypoints[0], 3
    return one


def _text(members: Members, path: str) -> str:
    return members.read(path).decode("utf-8-sig")


_FILES = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".names": _lines,
    "classes.txt": _lines,
    "notes.json": _notes,
    "obj.data": _darknet,
}

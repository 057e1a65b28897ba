"""Sets projects up: what a person does in the browser before labels can be imported (protocol 3.8).

Every function runs inside a transaction of the store and raises `Refused` for what the server would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bulk_importer.sandbox.classes import ClassType, LabelClass, LabelConfig
from bulk_importer.sandbox.ids import Ids, Kind
from bulk_importer.sandbox.refusals import Refused, generic, not_found
from bulk_importer.sandbox.store import Store
from bulk_importer.sandbox.values import Value, validate

__all__ = ["add_media", "connect", "create_dataset", "create_project", "put_config"]

_NAME: Final = re.compile(r"[A-Za-z0-9_ ]{1,128}")
_GEOMETRY_TYPES: Final = ("LINE", "POLYGON", "POINT", "RECTANGLE")
_DEEPEST: Final = 4
_IMAGES: Final = frozenset({"bmp", "gif", "jpeg", "jpg", "png"})
# Words that the server keeps for itself; they would be ambiguous in an export.
_FORBIDDEN_KEYS: Final = frozenset(
    "geometry geometry_type class_name classification classifications global_classifications"
    " classification_type tag status label labeler label_classes reviewer image imageId external_image_ID"
    " internal_image_ID media mediaId external_media_ID internal_media_ID point line polygon rectangle"
    " checklist radio select Dummy_Project Dummy_Dataset_One Dummy_Dataset_Two Intersections".split()
)


def create_project(store: Store, body: Mapping[str, Any], now_ms: int) -> int:
    """A project without datasets, with an empty configuration; its number."""
    name, owner = _checked_name(body, "Project"), str(body.get("owner"))
    if store.value("SELECT 1 FROM project WHERE owner = ? AND name = ? AND delete_time IS NULL", owner, name):
        raise _invalid("name")
    config = LabelConfig(changed_ms=now_ms)
    number = store.insert(
        "INSERT INTO project (owner, name, short, description, media_type, timestamp, config)"
        " VALUES (?, ?, ?, ?, ?, ?, x'')",
        owner,
        name,
        body.get("shortDescription"),
        body.get("description"),
        body.get("mediaType") or "IMAGE",
        now_ms,
    )
    store.put_config(number, config)
    return number


def create_dataset(store: Store, body: Mapping[str, Any], now_ms: int) -> int:
    """A dataset without media; its number."""
    name, owner = _checked_name(body, "Dataset"), str(body.get("owner"))
    if store.value("SELECT 1 FROM dataset WHERE owner = ? AND name = ? AND delete_time IS NULL", owner, name):
        raise _invalid("name")
    return store.insert(
        "INSERT INTO dataset (owner, name, short, media_type, timestamp) VALUES (?, ?, ?, ?, ?)",
        owner,
        name,
        body.get("shortDescription"),
        body.get("mediaType") or "IMAGE",
        now_ms,
    )


def _checked_name(body: Mapping[str, Any], what: str) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(body.get("owner"), str):
        raise _invalid("name" if isinstance(body.get("owner"), str) else "owner")
    if what == "Project" and name in _FORBIDDEN_KEYS:
        raise generic("forbidden_keyword", name)
    return name


def _invalid(field: str) -> Refused:
    return Refused(400, "ex_validation", field)


def add_media(store: Store, ids: Ids, dataset: int, urls: Iterable[str], now_ms: int) -> list[dict[str, object]]:
    """Create media for image URLs; what became of each, in the shape of the route.

    A URL that the dataset has is skipped. Projects that hold the dataset get a task for each new media.
    """
    known = {
        str(row[0]).lower() for row in store.rows("SELECT url FROM media WHERE dataset = ? AND NOT deleted", dataset)
    }
    number = int(store.value("SELECT coalesce(max(number), 0) FROM media"))
    answers: list[dict[str, object]] = []
    media: list[tuple[object, ...]] = []
    for url in urls:
        answer: dict[str, object] = {"internal_media_ID": None, "external_media_ID": None, "imageUrl": url}
        if url.lower() in known:
            answer["mediaUploadStatus"] = "DUPLICATE"
        elif not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", url):
            answer["mediaUploadStatus"] = "FAILED"
        elif url.rpartition(".")[2].lower() not in _IMAGES:
            answer["mediaUploadStatus"] = "UNSUPPORTED_MIME_TYPE"
        else:
            number += 1
            name = _media_name(url)
            media.append((number, dataset, name, url, now_ms))
            known.add(url.lower())
            answer |= {
                "internal_media_ID": ids.text(Kind.MEDIA, number),
                "external_media_ID": name,
                "mediaUploadStatus": "SUCCESS",
            }
        answers.append(answer)
    store.execute_many(
        "INSERT INTO media (number, dataset, name, url, timestamp) VALUES (?, ?, ?, ?, ?)", iter(media)
    )
    if media:
        store.execute(
            "INSERT INTO task (project, media, media_name) SELECT project, number, name FROM media"
            " JOIN project_dataset USING (dataset) WHERE dataset = ? AND number >= ? ORDER BY project, number",
            dataset,
            media[0][0],
        )
    return answers


def _media_name(url: str) -> str:
    slash, question = url.rfind("/"), url.find("?")
    return url[slash + 1 : question] if question > slash else url[slash + 1 :]


def connect(store: Store, project: int, dataset: int) -> None:
    """Give a project a dataset: one task in state BACKLOG for each of its media."""
    if store.value("SELECT 1 FROM project_dataset WHERE project = ? AND dataset = ?", project, dataset):
        raise generic("already_contains", "Project", "Dataset")
    store.execute("INSERT INTO project_dataset VALUES (?, ?)", project, dataset)
    store.execute(
        "INSERT INTO task (project, media, media_name) SELECT ?, number, name FROM media WHERE dataset = ?"
        " ORDER BY number",
        project,
        dataset,
    )


# ------------------------------------------------------------------------------------ label configuration


def put_config(
    store: Store, ids: Ids, project: int, body: Sequence[Mapping[str, Any]], now_ms: int, *, move_tasks: bool = True
) -> None:
    """Replace the label configuration; entries that bear an `id` stay what they are.

    Values of classes that are gone go with them, all others are validated anew. Where entries were added, or
    became required, finished tasks go back to the labelers (unless `move_tasks` is False).
    """
    before = store.config(project)
    _check_keys(body)
    builder = _Builder(store, ids, before.by_number(), now_ms)
    roots = [builder.label_class(root, None, 1) for root in body]
    config = LabelConfig(changed_ms=now_ms if builder.grown else before.changed_ms, roots=roots)
    store.put_config(project, config)
    if builder.grown and move_tasks:
        store.execute(
            "UPDATE task SET state = iif(type = 'DEFAULT', 'WAITING_CHANGED', 'IN_PROGRESS')"
            " WHERE project = ? AND state IN ('COMPLETED', 'REVIEWED')",
            project,
        )
    _revalidate(store, project, config)


class _Builder:
    def __init__(self, store: Store, ids: Ids, known: Mapping[int, LabelClass], now_ms: int) -> None:
        self._store = store
        self._ids = ids
        self._known = known
        self._now_ms = now_ms
        self.grown = False

    def label_class(self, given: Mapping[str, Any], parent: LabelClass | None, depth: int) -> LabelClass:
        """The class that one element of the body describes, with everything below it."""
        kind = str(given.get("type")).upper()
        if kind not in ClassType.__members__:
            raise generic("entry_type_not_found", "entry type")
        is_geometry = kind in _GEOMETRY_TYPES
        if is_geometry and (depth > 2 or (parent is not None and not parent.type.is_geometry)):
            raise generic("geometry_definition_incorrect", kind.lower())
        if kind == ClassType.FREETEXT and not (isinstance(longest := given.get("maxLength"), int) and longest > 0):
            raise generic("entry_classification_incorrect", kind)
        made = LabelClass(
            number=self._number(given),
            key=str(given["entryKey"]).lower(),
            title=str(given.get("entryValue")),
            type=ClassType(kind),
            color=None if ClassType(kind).is_classification else given.get("color"),
            shortcut=None if ClassType(kind).is_classification else given.get("shortcut"),
            stamp_ms=self._now_ms,
            max_length=given.get("maxLength") if kind == ClassType.FREETEXT else None,
            required=bool(given.get("required")) and ClassType(kind).is_classification,
            options=dict(given.get("options") or {}) if kind in (ClassType.SELECT, ClassType.CHECKLIST) else {},
        )
        children = given.get("children") or []
        if children and depth == _DEEPEST:
            raise generic("config_depth")
        made.children = [self.label_class(child, made, depth + 1) for child in children]
        return made

    def _number(self, given: Mapping[str, Any]) -> int:
        if given.get("id") is None:
            self.grown = True
            return self._store.next_class_number()
        number = self._ids.number(Kind.LABEL_CLASS, str(given["id"]))
        if number is None or number not in self._known:
            raise not_found("Entry", "id", str(given["id"]))
        self.grown = self.grown or (bool(given.get("required")) and not self._known[number].required)
        return number


def _check_keys(body: Sequence[Mapping[str, Any]]) -> None:
    """Keys are compared as they were typed: two roots that differ in case only become equal (2.6 row 10)."""
    roots: set[object] = set()
    for root in body:
        tree: set[object] = set()
        for key in _keys(root):
            if key in _FORBIDDEN_KEYS:
                raise generic("forbidden_keyword", str(key))
            if key in tree:
                raise Refused(409, "ex_alreadyexists", "Label entry", "entryKey:", str(key))
            tree.add(key)
        if root.get("entryKey") in roots:
            raise Refused(409, "ex_alreadyexists", "Label entry", "entryKey:", str(root.get("entryKey")))
        roots.add(root.get("entryKey"))


def _keys(node: Mapping[str, Any]) -> Iterable[object]:
    key = node.get("entryKey")
    if not isinstance(key, str) or not key:
        raise _invalid("entryKey")
    yield key
    for child in node.get("children") or []:
        yield from _keys(child)


def _revalidate(store: Store, project: int, config: LabelConfig) -> None:
    classes = config.by_number()
    for task, labels in store.labels_of_project(project):
        labels.roots = _surviving(labels.roots, classes)
        for value in labels.walk():
            validate(value, classes[value.label_class])
        store.put_labels(task, labels)


def _surviving(values: Iterable[Value], classes: Mapping[int, LabelClass]) -> list[Value]:
    kept = [value for value in values if value.label_class in classes]
    for value in kept:
        value.children = _surviving(value.children, classes)
    return kept

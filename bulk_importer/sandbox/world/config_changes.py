"""Changes label configurations, with what that does to labels and tasks, or refuses the change (protocol 3.8).

Runs inside a transaction of the store and raises `Refused` for what the server would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bulk_importer.sandbox.refusals import Refused, generic, not_found
from bulk_importer.sandbox.world.classes import ClassType, LabelClass, LabelConfig
from bulk_importer.sandbox.world.ids import IdKind, Ids
from bulk_importer.sandbox.world.store import Store
from bulk_importer.sandbox.world.values import Value, validate

__all__ = ["FORBIDDEN_KEYS", "put_config"]

_GEOMETRY_TYPES: Final = ("LINE", "POLYGON", "POINT", "RECTANGLE")
_DEEPEST: Final = 4
_LONGEST_TEXT: Final = 255
_PATTERNS: Final = {
    "entryKey": r"[a-zA-Z0-9_ -]{1,56}",
    "entryValue": r"[a-zA-Z0-9_ !@#$%^&*()?\-àâçéèêëîïôûùüÿñæœäöüß]{1,56}",
    "type": r".+",
}
# Words that the server keeps for itself; they would be ambiguous in an export.
FORBIDDEN_KEYS: Final = frozenset(
    [
        "geometry",
        "geometry_type",
        "class_name",
        "classification",
        "classifications",
        "global_classifications",
        "classification_type",
        "tag",
        "status",
        "label",
        "labeler",
        "label_classes",
        "reviewer",
        "image",
        "imageId",
        "external_image_ID",
        "internal_image_ID",
        "media",
        "mediaId",
        "external_media_ID",
        "internal_media_ID",
        "point",
        "line",
        "polygon",
        "rectangle",
        "checklist",
        "radio",
        "select",
        "Dummy_Project",
        "Dummy_Dataset_One",
        "Dummy_Dataset_Two",
        "Intersections",
    ]
)


def put_config(
    store: Store,
    ids: Ids,
    project: int,
    body: Sequence[Mapping[str, Any]],
    now_ms: int,
    *,
    move_tasks: bool = True,
) -> None:
    """Replace the label configuration of a project; classes that bear an `id` stay the same classes.

    Values of classes that are gone are deleted, all others are validated anew. If classes were added or became
    required, finished tasks go back to the labelers, unless `move_tasks` is False.
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
        """Make the class that one element of the body describes, with all classes below it."""
        kind = str(given.get("type")).upper()
        if kind not in ClassType.__members__:
            raise generic("entry_type_not_found", "entry type")
        is_geometry = kind in _GEOMETRY_TYPES
        if is_geometry and (depth > 2 or (parent is not None and not parent.type.is_geometry)):
            raise generic("geometry_definition_incorrect", kind.lower())
        if kind == ClassType.FREETEXT and given.get("maxLength") is None:
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
            options=dict(given.get("options") or {})
            if kind in (ClassType.SELECT, ClassType.CHECKLIST)
            else {},
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
        number = self._ids.number(IdKind.LABEL_CLASS, str(given["id"]))
        if number is None or number not in self._known:
            raise not_found("Entry", "id", str(given["id"]))
        self.grown = self.grown or (bool(given.get("required")) and not self._known[number].required)
        return number


def _check_keys(body: Sequence[Mapping[str, Any]]) -> None:
    """Compare keys as they were typed, so that two roots that differ in case become equal (protocol 2.6 row 10)."""
    roots: set[object] = set()
    for root in body:
        tree: set[object] = set()
        for key in _keys(root):
            if key in FORBIDDEN_KEYS:
                raise generic("forbidden_keyword", str(key))
            if key in tree:
                raise Refused(409, "ex_alreadyexists", "Label entry", "entryKey:", str(key))
            tree.add(key)
        if root.get("entryKey") in roots:
            raise Refused(409, "ex_alreadyexists", "Label entry", "entryKey:", str(root.get("entryKey")))
        roots.add(root.get("entryKey"))


def _keys(node: Mapping[str, Any]) -> Iterable[object]:
    for field, pattern in _PATTERNS.items():
        if not isinstance(node.get(field), str) or not re.fullmatch(pattern, node[field]):
            raise Refused(400, "ex_validation", field)
    longest = node.get("maxLength")
    if longest is not None and not (isinstance(longest, int) and 1 <= longest <= _LONGEST_TEXT):
        raise Refused(400, "ex_validation", "maxLength")
    yield node["entryKey"]
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

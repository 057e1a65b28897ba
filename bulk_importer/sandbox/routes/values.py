"""The routes that change single label values, as people do while they label (protocol 3.5).

Nothing is validated here: a value is valid if the client says so. That is why an import can find labels that
it would never have written.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.refusals import generic, not_found
from bulk_importer.sandbox.routing import ApiCall, for_browsers, for_tokens, in_transaction
from bulk_importer.sandbox.world.classes import ClassType, LabelClass
from bulk_importer.sandbox.world.empty_values import create_tree
from bulk_importer.sandbox.world.ids import IdKind
from bulk_importer.sandbox.world.label_writer import LabelWriter
from bulk_importer.sandbox.world.store import Row
from bulk_importer.sandbox.world.values import MediaLabels, Value

__all__ = ["ValueRoutes"]


class ValueRoutes:
    """Creates, changes and deletes single label values. Each request is one transaction."""

    def __init__(self, context: SandboxContext) -> None:
        self._context = context
        self._store = context.store
        self._ids = context.ids

    def register(self, router: web.UrlDispatcher) -> None:
        """Register the routes with the router."""
        for method, work in (("POST", self._create), ("PUT", self._update), ("DELETE", self._delete)):
            handler = in_transaction(self._context, work)
            router.add_route(method, "/api/v1/lcValue/{id}", for_tokens(self._context, handler))
            router.add_route(method, "/api/lcvalues/{id}", for_browsers(self._context, handler))

    # ------------------------------------------------------------------------------------------------ routes

    def _create(self, call: ApiCall) -> object:
        """A value of a class with all that belongs to it, empty."""
        given = call.an_object()
        if given.get("lcEntryId") != call.in_path():
            raise generic("entry_definition_incorrect", str(given.get("lcEntryId")))
        task, project = self._context.task(str(given.get("labelTaskId")), call.caller)
        label_class = self._class(project["number"], call.in_path())
        labels = self._store.labels(task["number"])
        writer = LabelWriter(self._context.now_ms(), call.caller.by_token)
        made = create_tree(labels, label_class, writer)
        parent_id = given.get("lcEntryValueParentId")
        siblings = labels.roots if parent_id is None else self._value(labels, task, str(parent_id)).children
        siblings.append(made)
        self._store.put_labels(task["number"], labels)
        return self._context.views.value(project["number"], task, made, parent_id)

    def _update(self, call: ApiCall) -> object:
        """Replace what a value says; without its parent's id it becomes a root, as on the real server."""
        given = call.an_object()
        if given.get("id") != call.in_path():
            raise generic("entry_definition_incorrect", str(given.get("id")))
        task, project, labels, value = self._found(call)
        label_class = self._class(project["number"], str(given.get("lcEntryId")))
        value.stamp_ms, value.by_token = self._context.now_ms(), call.caller.by_token
        value.valid = bool(given.get("valid"))
        _say(value, label_class, given)
        parent_id = given.get("lcEntryValueParentId")
        if parent_id is None and value not in labels.roots:
            _detach(labels, value)
            labels.roots.append(value)
        self._store.put_labels(task["number"], labels)
        return self._context.views.value(project["number"], task, value, parent_id)

    def _delete(self, call: ApiCall) -> object:
        """Only geometries, at the root or directly below one."""
        task, project, labels, value = self._found(call)
        classes = self._store.config(project["number"]).by_number()
        if classes[value.label_class].type.is_classification:
            raise generic("entry_value_delete", call.in_path())
        _detach(labels, value)
        self._store.put_labels(task["number"], labels)
        return None

    # ------------------------------------------------------------------------------------------------ finding

    def _found(self, call: ApiCall) -> tuple[Row, Row, MediaLabels, Value]:
        named = self._ids.value_number(call.in_path())
        if named is None:
            raise not_found("Label Entry Value", "id", call.in_path())
        task, project = self._context.task(self._ids.text(IdKind.TASK, named[0]), call.caller)
        labels = self._store.labels(named[0])
        return task, project, labels, self._value(labels, task, call.in_path())

    def _value(self, labels: MediaLabels, task: Row, value_id: str) -> Value:
        named = self._ids.value_number(value_id)
        for value in labels.walk():
            if named == (task["number"], value.sequence):
                return value
        raise not_found("Label Entry Value", "id", value_id)

    def _class(self, project: int, class_id: str) -> LabelClass:
        number = self._ids.number(IdKind.LABEL_CLASS, class_id)
        found = self._store.config(project).by_number().get(-1 if number is None else number)
        if found is None:
            raise not_found("Entry", "id", class_id)
        return found


def _say(value: Value, label_class: LabelClass, given: dict[str, Any]) -> None:
    """Put into the value what the body says; what it does not say is unset."""
    match label_class.type:
        case ClassType.SELECT:
            value.texts = _texts([given.get("selectKey")])
        case ClassType.FREETEXT:
            value.texts = _texts([given.get("text")])
        case ClassType.CHECKLIST:
            value.texts = _texts(given.get("checkedValues") or [])
        case ClassType.RECTANGLE:
            value.numbers = [_number(given.get(key)) for key in ("x", "y", "width", "height")]
        case ClassType.POINT:
            value.numbers = [_number(given.get(key)) for key in ("x", "y")]
        case ClassType.LINE | ClassType.POLYGON:
            points = given.get("points") or []
            value.numbers = [_number(point.get(key)) for point in points for key in ("x", "y")]
        case ClassType.IMAGE_SEGMENTATION:
            pass  # its shapes are not kept here: they cannot be imported


def _texts(given: list[Any]) -> list[str]:
    return [str(text) for text in given if text is not None]


def _number(given: Any) -> float | None:
    return float(given) if isinstance(given, int | float) else None


def _detach(labels: MediaLabels, value: Value) -> None:
    for siblings in (labels.roots, *(parent.children for parent in labels.walk())):
        for index, one in enumerate(siblings):
            if one is value:
                del siblings[index]
                return

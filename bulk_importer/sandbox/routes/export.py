"""The route that exports finished tasks, with all that an export loses (protocol 4.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final

from aiohttp import web

from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.responses import stream_array
from bulk_importer.sandbox.routing import ApiCall, for_browsers, for_tokens
from bulk_importer.sandbox.world.classes import ClassType, LabelClass, LabelConfig
from bulk_importer.sandbox.world.ids import IdKind
from bulk_importer.sandbox.world.store import Row
from bulk_importer.sandbox.world.values import MediaLabels, Value

__all__ = ["ExportRoutes", "class_list", "exported_task"]

_PIECE: Final = 200
_LARGEST_INT: Final = 2**31 - 1
_TYPES: Final = list(ClassType)


class ExportRoutes:
    """Exports the finished tasks of a project, streamed piece by piece."""

    def __init__(self, context: SandboxContext) -> None:
        self._context = context

    def register(self, router: web.UrlDispatcher) -> None:
        """Register the routes with the router."""
        router.add_get("/api/v1/export/{id}", for_tokens(self._context, self._export))
        router.add_get("/api/project/{id}/export", for_browsers(self._context, self._export))

    async def _export(self, call: ApiCall) -> web.StreamResponse:
        context = self._context
        project = await context.on_store(lambda: context.project(call.in_path(), call.caller))
        name = f"datagym_export_{context.now_ms()}_{project['name']}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        server_url = f"http://{call.request.host}"
        return await stream_array(call.request, self._elements(project, server_url), headers=headers)

    async def _elements(self, project: Row, server_url: str) -> AsyncIterator[list[object]]:
        context, number, last = self._context, project["number"], 0
        config = await context.on_store(lambda: context.store.config(number))
        classes = config.by_number()

        def piece() -> tuple[int, list[object]]:
            rows = context.store.rows(
                "SELECT task.* FROM task INDEXED BY task_of_project JOIN media ON media.number = media"
                " WHERE project = ?"
                " AND state IN ('COMPLETED', 'SKIPPED', 'REVIEWED') AND type != 'BENCHMARK_SLAVE' AND NOT deleted"
                " AND task.number > ? ORDER BY task.number LIMIT ?",
                number,
                last,
                _PIECE,
            )
            found: list[object] = []
            for row in rows:
                head = {
                    "internal_media_ID": context.ids.text(IdKind.MEDIA, row["media"]),
                    "external_media_ID": row["media_name"],
                    "labeler": row["labeler"],
                    "status": row["state"].lower(),
                }
                if project["media_type"] == "VIDEO":
                    task_id = context.ids.text(IdKind.TASK, row["number"])
                    found.append(
                        head | {"task_export_url": f"{server_url}/api/v1/exportVideoTask/{task_id}/"}
                    )
                else:
                    found.append(head | exported_task(context.store.labels(row["number"]), classes))
            return (rows[-1]["number"] if rows else 0), found

        while True:
            begins = last == 0
            last, found = await context.on_store(piece)
            if not found:
                return
            # No finished task, no list of classes either.
            yield [{"label_classes": class_list(config)}, *found] if begins else found


def class_list(config: LabelConfig) -> list[dict[str, str]]:
    """All classes as a flat list, sorted by type. Image segmentations are listed as classifications."""
    ordered = sorted(config.walk(), key=lambda label_class: _TYPES.index(label_class.type))
    return [
        {
            "class_name": one.key,
            "geometry_type" if one.type.is_geometry else "classification_type": one.type.value.lower(),
        }
        for one in ordered
    ]


def exported_task(labels: MediaLabels, classes: Mapping[int, LabelClass]) -> dict[str, object]:
    """The labels of one image, invalid ones too, with coordinates cut to whole numbers."""
    by_key: dict[str, object] = {}
    geometries = []
    for value in labels.roots:
        if classes[value.label_class].type.is_classification:
            by_key[classes[value.label_class].key] = _classification(value, classes)
        else:
            geometries.append(value)
    return {"global_classifications": by_key, "labels": _geometries(geometries, classes, nested=False)}


def _geometries(
    values: Iterable[Value], classes: Mapping[int, LabelClass], *, nested: bool
) -> dict[str, list[object]]:
    by_key: dict[str, list[object]] = {}
    for value in values:
        label_class = classes[value.label_class]
        children = [(classes[child.label_class], child) for child in value.children]
        exported: dict[str, object] = {
            label_class.type.value.lower(): _coordinates(value, label_class),
            "classifications": {
                child_class.key: _classification(child, classes)
                for child_class, child in children
                if child_class.type.is_classification
            },
        }
        if not nested:
            below = [child for child_class, child in children if child_class.type.is_geometry]
            exported["nested_geometries"] = _geometries(below, classes, nested=True)
        by_key.setdefault(label_class.key, []).append(exported)
    return by_key


def _coordinates(value: Value, label_class: LabelClass) -> list[object]:
    match label_class.type:
        case ClassType.RECTANGLE:
            return [_whole(("x", "y", "w", "h"), value.numbers)]
        case ClassType.IMAGE_SEGMENTATION:
            return []
        case _:
            pairs = zip(value.numbers[::2], value.numbers[1::2], strict=True)
            return [_whole(("x", "y"), pair) for pair in pairs]


def _whole(keys: tuple[str, ...], numbers: Iterable[float | None]) -> dict[str, int | None]:
    """Whole numbers as Java's `intValue` makes them; all null if one number is missing or below 0."""
    given = list(numbers)
    known = [number for number in given if number is not None and number >= 0]
    if len(known) < len(given):
        return dict.fromkeys(keys)
    return dict(zip(keys, (int(min(number, _LARGEST_INT)) for number in known), strict=True))


def _classification(value: Value, classes: Mapping[int, LabelClass]) -> list[object]:
    own: list[object] = list(value.texts) or [None]
    return own + [
        {classes[child.label_class].key: _classification(child, classes)} for child in value.children
    ]

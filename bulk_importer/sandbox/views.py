"""The JSON shapes of the read routes (protocol 3.1 to 3.6), made of rows of the store.

Keys, nulls and the types of their values are those of recorded answers; where the server keeps no order
(sets), the order here is that of creation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bulk_importer.sandbox.classes import ClassType, LabelClass, LabelConfig
from bulk_importer.sandbox.ids import Ids, Kind
from bulk_importer.sandbox.store import Row, Store
from bulk_importer.sandbox.values import MediaLabels, Value

__all__ = ["Views", "exported_config"]

View = dict[str, object]


class Views:
    """Makes the shapes; all ids come from `ids`."""

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    # ----------------------------------------------------------------------------- projects and datasets

    def project(self, row: Row) -> View:
        """A project as the browser sees it."""
        number = row["number"]
        return {
            "id": self._ids.text(Kind.PROJECT, number),
            "name": row["name"],
            "shortDescription": row["short"],
            "description": row["description"],
            "pinned": False,
            "timestamp": row["timestamp"],
            "deleteTime": row["delete_time"],
            "datasets": [self.dataset_summary(dataset) for dataset in self._datasets_of(number)],
            "labelConfigurationId": self._ids.text(Kind.CONFIG, number),
            "labelIterationId": self._ids.text(Kind.ITERATION, number),
            "owner": row["owner"],
            "exportable": bool(
                self._store.value(
                    "SELECT 1 FROM task WHERE project = ? AND state IN ('COMPLETED', 'SKIPPED', 'REVIEWED')"
                    " LIMIT 1",
                    number,
                )
            ),
            "reviewActivated": bool(row["review"]),
            "orgData": None,
            "mediaType": row["media_type"],
            "deleted": row["delete_time"] is not None,
        }

    def token_project(self, row: Row) -> View:
        """A project as a token sees it (3.1)."""
        hidden = ("pinned", "deleteTime", "exportable", "reviewActivated", "orgData", "deleted")
        view = _without(self.project(row), hidden)
        view["datasets"] = [
            _without(self.dataset_summary(dataset), ("deleted", "deleteTime", "orgData"))
            for dataset in self._datasets_of(row["number"])
            if dataset["delete_time"] is None
        ]
        return view

    def _datasets_of(self, project: int) -> list[Row]:
        return self._store.rows(
            "SELECT dataset.* FROM dataset JOIN project_dataset ON dataset = number WHERE project = ?"
            " ORDER BY number",
            project,
        )

    def dataset_summary(self, row: Row) -> View:
        """A dataset without its media."""
        return {
            "id": self._ids.text(Kind.DATASET, row["number"]),
            "name": row["name"],
            "shortDescription": row["short"],
            "timestamp": row["timestamp"],
            "deleted": row["delete_time"] is not None,
            "deleteTime": row["delete_time"],
            "owner": row["owner"],
            "mediaCount": self._store.value(
                "SELECT count(*) FROM media WHERE dataset = ? AND NOT deleted", row["number"]
            ),
            "projectCount": self._project_count(row["number"]),
            "orgData": None,
            "mediaType": row["media_type"],
        }

    def token_dataset(self, row: Row) -> View:
        """A dataset as a token sees it (3.2), but for `media`, which is streamed."""
        return {
            "id": self._ids.text(Kind.DATASET, row["number"]),
            "name": row["name"],
            "shortDescription": row["short"],
            "timestamp": row["timestamp"],
            "owner": row["owner"],
            "projectCount": self._project_count(row["number"]),
            "mediaType": row["media_type"],
        }

    def dataset(self, row: Row) -> View:
        """A dataset as the browser sees it, but for `media`."""
        return {
            **self.token_dataset(row),
            "deleted": row["delete_time"] is not None,
            "deleteTime": row["delete_time"],
            "allowPublicUrls": True,
        }

    def _project_count(self, dataset: int) -> int:
        return int(self._store.value("SELECT count(*) FROM project_dataset WHERE dataset = ?", dataset))

    # ------------------------------------------------------------------------------------ media and tasks

    def media(self, row: Row) -> View:
        """One media as the browser sees it."""
        return {
            **self.token_media(row),
            "valid": True,
            "reason": None,
            "url": row["url"],
        }

    def token_media(self, row: Row) -> View:
        """One media as a token sees it."""
        return {
            "id": self._ids.text(Kind.MEDIA, row["number"]),
            "timestamp": row["timestamp"],
            "mediaSourceType": "SHAREABLE_LINK",
            "mediaName": row["name"],
        }

    def tasks(self, rows: Iterable[Row], project: int, project_name: str) -> list[object]:
        """Rows of a task list (3.3)."""
        text = self._ids.text
        shared = {
            "projectId": text(Kind.PROJECT, project),
            "projectName": project_name,
            "preLabelState": None,
            "iterationId": text(Kind.ITERATION, project),
            "iterationRun": 1,
        }
        return [
            {
                "taskId": text(Kind.TASK, row["number"]),
                "labelTaskState": row["state"],
                "labelTaskType": row["type"],
                "mediaId": text(Kind.MEDIA, row["media"]),
                "mediaName": row["media_name"],
                "labeler": row["labeler"],
                "reviewComment": row["review_comment"],
                "hasJsonUpload": bool(row["json_upload"]),
                "benchmark": row["type"] == "BENCHMARK_MASTER",
                **shared,
            }
            for row in rows
        ]

    # ---------------------------------------------------------------------------- configuration and labels

    def config(self, project: int) -> View:
        """A label configuration (3.4)."""
        counted: dict[str, int] = {
            row[0]: row[1]
            for row in self._store.rows(
                "SELECT state, count(*) FROM task WHERE project = ? AND state IN ('COMPLETED', 'REVIEWED')"
                " GROUP BY state",
                project,
            )
        }
        return {
            "id": self._ids.text(Kind.CONFIG, project),
            "projectId": self._ids.text(Kind.PROJECT, project),
            "entries": [self._label_class(root, None) for root in self._store.config(project).roots],
            "numberOfCompletedTasks": counted.get("COMPLETED", 0),
            "numberOfReviewedTasks": counted.get("REVIEWED", 0),
        }

    def _label_class(self, label_class: LabelClass, parent: int | None) -> View:
        return {
            "id": self._ids.text(Kind.LABEL_CLASS, label_class.number),
            "lcEntryParentId": None if parent is None else self._ids.text(Kind.LABEL_CLASS, parent),
            "entryKey": label_class.key,
            "entryValue": label_class.title,
            "type": label_class.type.value,
            "color": label_class.color,
            "shortcut": label_class.shortcut,
            "timestamp": label_class.stamp_ms,
            "maxLength": label_class.max_length,
            "children": [self._label_class(child, label_class.number) for child in label_class.children],
            "options": label_class.options,
            "required": label_class.required,
        }

    def iteration(self, project: int, task: Row, labels: MediaLabels) -> View:
        """The labels of one media (3.4, 3.6)."""
        config = self._store.config(project)
        leaf = _Leaf(self._ids, project, task["number"], task["media"], config.by_number())
        values = [leaf.value(root, None) for root in labels.roots]
        return {**self.empty_iteration(project), "entryValues": values}

    def value(self, project: int, task: Row, value: Value, parent_id: object) -> View:
        """One label value with everything below it."""
        classes = self._store.config(project).by_number()
        view = _Leaf(self._ids, project, task["number"], task["media"], classes).value(value, None)
        return {**view, "lcEntryValueParentId": parent_id}

    def empty_iteration(self, project: int) -> View:
        """The labels of a media that has none."""
        return {
            "id": self._ids.text(Kind.ITERATION, project),
            "projectId": self._ids.text(Kind.PROJECT, project),
            "run": 1,
            "entryValues": [],
        }


def exported_config(config: LabelConfig) -> list[View]:
    """A label configuration as it is exported, and can be imported again."""
    return [_exported_class(root) for root in config.roots]


def _exported_class(label_class: LabelClass) -> View:
    view: View = {
        "children": [_exported_class(child) for child in label_class.children],
        "type": label_class.type.value,
        "entryKey": label_class.key,
        "entryValue": label_class.title,
    }
    match label_class.type:
        case ClassType.FREETEXT:
            view["maxLength"] = label_class.max_length
        case ClassType.SELECT | ClassType.CHECKLIST:
            view["options"] = label_class.options
        case _:
            view |= {"color": label_class.color, "shortcut": label_class.shortcut}
    return view


class _Leaf:
    """What all values of one media have in common."""

    def __init__(
        self, ids: Ids, project: int, task: int, media: int, classes: Mapping[int, LabelClass]
    ) -> None:
        self._ids = ids
        self._task = task
        self._classes = classes
        self._iteration_id = ids.text(Kind.ITERATION, project)
        self._media_id = ids.text(Kind.MEDIA, media)
        self._config_id = ids.text(Kind.CONFIG, project)

    def value(self, value: Value, parent: Value | None) -> View:
        label_class = self._classes[value.label_class]
        view: View = {
            "id": self._ids.value(self._task, value.sequence),
            "lcEntryValueParentId": parent and self._ids.value(self._task, parent.sequence),
            "labelIterationId": self._iteration_id,
            "mediaId": self._media_id,
            "lcEntryId": self._ids.text(Kind.LABEL_CLASS, label_class.number),
            "timestamp": value.stamp_ms,
            "labeler": "token_user" if value.by_token else "open-core-dummy-user-sub",
            "valid": value.valid,
            "configurationId": self._config_id,
            "entryTypeLcEntry": label_class.type.value,
            "entryKeyLcEntry": label_class.key,
            "entryValueLcEntry": label_class.title,
            "comment": None,
            "change": [],
            "children": [self.value(child, value) for child in value.children],
        }
        match label_class.type:
            case ClassType.SELECT:
                view |= {"selectKey": _first(value.texts), "required": label_class.required}
            case ClassType.FREETEXT:
                view |= {"text": _first(value.texts), "required": label_class.required}
            case ClassType.CHECKLIST:
                view |= {"checkedValues": value.texts, "required": label_class.required}
            case _:
                view |= self._geometry(value, label_class)
        return view

    def _geometry(self, value: Value, label_class: LabelClass) -> View:
        view: View = {"color": label_class.color, "shortcut": label_class.shortcut}
        match label_class.type:
            case ClassType.RECTANGLE:
                x, y, width, height = value.numbers
                view |= {"point": self._own_point(value, x, y), "width": width, "height": height}
            case ClassType.POINT:
                view["point"] = self._own_point(value, *value.numbers)
            case ClassType.IMAGE_SEGMENTATION:
                view["pointsCollection"] = []
            case _:
                pairs = zip(value.numbers[::2], value.numbers[1::2], strict=True)
                view["points"] = [
                    {"id": self._ids.point(self._task, value.sequence, index), "x": x, "y": y}
                    for index, (x, y) in enumerate(pairs)
                ]
        return view

    def _own_point(self, value: Value, x: float | None, y: float | None) -> View:
        return {"id": self._ids.value(self._task, value.sequence), "x": x, "y": y}


def _first(texts: list[str]) -> str | None:
    return texts[0] if texts else None


def _without(view: View, keys: Iterable[str]) -> View:
    return {key: value for key, value in view.items() if key not in keys}

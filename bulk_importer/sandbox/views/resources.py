"""Makes the JSON of what the read routes answer (protocol 3.1 to 3.6): projects, datasets, media, tasks, labels.

Keys, nulls and types are those of recorded answers. Where the server keeps no order (sets), the order here is that
of creation.
"""

from __future__ import annotations

from collections.abc import Iterable

from bulk_importer.sandbox.views.values import ValueViews, View
from bulk_importer.sandbox.world.classes import LabelClass
from bulk_importer.sandbox.world.ids import IdKind, Ids
from bulk_importer.sandbox.world.store import Row, Store
from bulk_importer.sandbox.world.values import MediaLabels, Value

__all__ = ["ResourceViews"]


class ResourceViews:
    """Makes the JSON of rows of the store. Runs on the store's thread."""

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    # ----------------------------------------------------------------------------- projects and datasets

    def project(self, row: Row) -> View:
        """A project as browsers get it."""
        number = row["number"]
        return {
            "id": self._ids.text(IdKind.PROJECT, number),
            "name": row["name"],
            "shortDescription": row["short"],
            "description": row["description"],
            "pinned": False,
            "timestamp": row["timestamp"],
            "deleteTime": row["delete_time"],
            "datasets": [self.dataset_summary(dataset) for dataset in self._datasets_of(number)],
            "labelConfigurationId": self._ids.text(IdKind.CONFIG, number),
            "labelIterationId": self._ids.text(IdKind.ITERATION, number),
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
        """A project as clients with a token get it (protocol 3.1)."""
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
            "id": self._ids.text(IdKind.DATASET, row["number"]),
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
        """A dataset as clients with a token get it (protocol 3.2), without `media`, which is streamed."""
        return {
            "id": self._ids.text(IdKind.DATASET, row["number"]),
            "name": row["name"],
            "shortDescription": row["short"],
            "timestamp": row["timestamp"],
            "owner": row["owner"],
            "projectCount": self._project_count(row["number"]),
            "mediaType": row["media_type"],
        }

    def dataset(self, row: Row) -> View:
        """A dataset as browsers get it, without `media`."""
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
        """One media as browsers get it."""
        return {
            **self.token_media(row),
            "valid": True,
            "reason": None,
            "url": row["url"],
        }

    def token_media(self, row: Row) -> View:
        """One media as clients with a token get it."""
        return {
            "id": self._ids.text(IdKind.MEDIA, row["number"]),
            "timestamp": row["timestamp"],
            "mediaSourceType": "SHAREABLE_LINK",
            "mediaName": row["name"],
        }

    def tasks(self, rows: Iterable[Row], project: int, project_name: str) -> list[object]:
        """The elements of a task list (protocol 3.3)."""
        text = self._ids.text
        shared = {
            "projectId": text(IdKind.PROJECT, project),
            "projectName": project_name,
            "preLabelState": None,
            "iterationId": text(IdKind.ITERATION, project),
            "iterationRun": 1,
        }
        return [
            {
                "taskId": text(IdKind.TASK, row["number"]),
                "labelTaskState": row["state"],
                "labelTaskType": row["type"],
                "mediaId": text(IdKind.MEDIA, row["media"]),
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
        """A label configuration (protocol 3.4)."""
        counted: dict[str, int] = {
            row[0]: row[1]
            for row in self._store.rows(
                "SELECT state, count(*) FROM task WHERE project = ? AND state IN ('COMPLETED', 'REVIEWED')"
                " GROUP BY state",
                project,
            )
        }
        return {
            "id": self._ids.text(IdKind.CONFIG, project),
            "projectId": self._ids.text(IdKind.PROJECT, project),
            "entries": [self._label_class(root, None) for root in self._store.config(project).roots],
            "numberOfCompletedTasks": counted.get("COMPLETED", 0),
            "numberOfReviewedTasks": counted.get("REVIEWED", 0),
        }

    def _label_class(self, label_class: LabelClass, parent: int | None) -> View:
        return {
            "id": self._ids.text(IdKind.LABEL_CLASS, label_class.number),
            "lcEntryParentId": None if parent is None else self._ids.text(IdKind.LABEL_CLASS, parent),
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
        """The labels of one media (protocol 3.4, 3.6)."""
        config = self._store.config(project)
        views = ValueViews(self._ids, project, task["number"], task["media"], config.by_number())
        values = [views.value(root, None) for root in labels.roots]
        return {**self.empty_iteration(project), "entryValues": values}

    def value(self, project: int, task: Row, value: Value, parent_id: object) -> View:
        """One label value with all values below it."""
        classes = self._store.config(project).by_number()
        view = ValueViews(self._ids, project, task["number"], task["media"], classes).value(value, None)
        return {**view, "lcEntryValueParentId": parent_id}

    def empty_iteration(self, project: int) -> View:
        """The labels of a media that has none."""
        return {
            "id": self._ids.text(IdKind.ITERATION, project),
            "projectId": self._ids.text(IdKind.PROJECT, project),
            "run": 1,
            "entryValues": [],
        }


def _without(view: View, keys: Iterable[str]) -> View:
    return {key: value for key, value in view.items() if key not in keys}

"""Makes the JSON of label values (protocol 3.4), and of label configurations as they are exported.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from bulk_importer.sandbox.world.classes import ClassType, LabelClass, LabelConfig
from bulk_importer.sandbox.world.ids import IdKind, Ids
from bulk_importer.sandbox.world.values import Value

__all__ = ["ValueViews", "View", "exported_config"]

View = dict[str, object]


class ValueViews:
    """Makes the JSON of the values of one media; holds what they have in common."""

    def __init__(
        self, ids: Ids, project: int, task: int, media: int, classes: Mapping[int, LabelClass]
    ) -> None:
        self._ids = ids
        self._task = task
        self._classes = classes
        self._iteration_id = ids.text(IdKind.ITERATION, project)
        self._media_id = ids.text(IdKind.MEDIA, media)
        self._config_id = ids.text(IdKind.CONFIG, project)

    def value(self, value: Value, parent: Value | None) -> View:
        """The JSON of one value with all values below it. `parent` is None for a root."""
        label_class = self._classes[value.label_class]
        view: View = {
            "id": self._ids.value(self._task, value.sequence),
            "lcEntryValueParentId": parent and self._ids.value(self._task, parent.sequence),
            "labelIterationId": self._iteration_id,
            "mediaId": self._media_id,
            "lcEntryId": self._ids.text(IdKind.LABEL_CLASS, label_class.number),
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

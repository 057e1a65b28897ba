"""Labels as a server tells them, for tests that have none."""

from __future__ import annotations

from typing import Any

from bulk_importer.backups.making.held import HeldLabel, HeldPoint
from bulk_importer.labels.label_config import read_label_config

__all__ = ["CLASSES", "CONFIG", "answer", "geometry"]


def _class(kind: str, key: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "entryKey": key,
        "entryValue": key,
        "type": kind,
        "children": list(children),
        "required": False,
    } | more


def _select(key: str, *children: dict[str, Any]) -> dict[str, Any]:
    return _class("SELECT", key, *children, options={"yes": "yes", "no": "no"})


CLASSES: list[dict[str, Any]] = [
    _class(
        "POLYGON",
        "car",
        _select("parked", _select("legal"), _select("paid", _select("cash"))),
        _class("FREETEXT", "plate", options={}, maxLength=8),
        _class("RECTANGLE", "wheel", _select("flat")),
    ),
    _class("LINE", "lane"),
    _class("POINT", "sign"),
    _class("RECTANGLE", "bus"),
    _class("IMAGE_SEGMENTATION", "sky"),
    _select("rain", _select("heavy", _select("flood")), _select("warm")),
    _class("CHECKLIST", "tags", _select("sure"), options={"city": "city", "night": "night"}),
]
"""Every type, with classifications three deep and a nested geometry. A select takes `yes` and `no`."""

CONFIG = read_label_config(CLASSES)


def geometry(
    kind: str,
    key: str,
    *numbers: float | None,
    at: int = 0,
    children: tuple[HeldLabel, ...] = (),
    **more: Any,
) -> HeldLabel:
    """A geometry with its numbers in pairs, or as x, y, width, height."""
    size: dict[str, Any] = {}
    if kind == "RECTANGLE":
        size = {"point": HeldPoint(*numbers[:2]), "width": numbers[2], "height": numbers[3]}
    elif kind == "POINT":
        size = {"point": HeldPoint(*numbers)}
    elif kind != "IMAGE_SEGMENTATION":
        size = {"points": tuple(HeldPoint(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))}
    made: dict[str, Any] = {"valid": True, "labeler": "ann", "children": children} | size | more
    return HeldLabel(at, kind, key, **made)


def answer(
    key: str,
    *texts: str,
    kind: str = "SELECT",
    at: int = 0,
    children: tuple[HeldLabel, ...] = (),
    **more: Any,
) -> HeldLabel:
    """A classification that is set to these texts."""
    said: dict[str, Any] = {"checked_values": texts}
    if kind != "CHECKLIST":
        said = {"select_key" if kind == "SELECT" else "text": texts[0] if texts else None}
    made: dict[str, Any] = {"valid": bool(texts), "labeler": "ann", "children": children} | said | more
    return HeldLabel(at, kind, key, **made)

"""The front of `serve`: where files are dropped, and all that were. Pure."""

from __future__ import annotations

from bulk_importer.observe.markup import Content, Markup, element, link
from bulk_importer.observe.page.upload.frame import badge, meter, page
from bulk_importer.observe.page.upload.values import Front, Row

__all__ = ["front_page", "missing_page"]

_TAKEN = (
    "A JSON array of entries or JSON Lines, packed or not, or the labels of another tool: one file, or a zip archive "
    "of the folder (COCO, YOLO, Label Studio, CVAT, Pascal VOC, LabelMe and others)."
)


def front_page(front: Front) -> str:
    """The text of the page."""
    is_at_work = any(row.mood == "works" for row in front.rows)
    notice = element("p", front.notice, role="alert", class_="notice") if front.notice else None
    return page(
        "Upload labels - bulk-importer",
        front.project,
        front.server,
        element("h1", "Upload labels"),
        "\n",
        notice,
        _drop_zone(front),
        "\n",
        element("section", _queue(front.rows), aria_labelledby="queue", data_live="queue"),
        path="/",
        version="front",
        is_at_work=is_at_work,
    )


def missing_page(project: str, server: str) -> str:
    """The text of a page that stands where an upload was."""
    return page(
        "No such upload - bulk-importer",
        project,
        server,
        element("h1", "There is no such upload"),
        element("p", "It may have been removed. ", link("/", "All uploads")),
        path="/",
        version="missing",
        is_at_work=False,
    )


def _drop_zone(front: Front) -> Markup:
    choose = element("label", "Label file", for_="file")
    field = element("input", id="file", name="file", type="file", required=True)
    return element(
        "form",
        element("p", choose, " ", field),
        element("p", element("button", "Upload and check", type="submit", class_="main")),
        element("p", _TAKEN, class_="quiet"),
        element(
            "p",
            f"Up to {front.most}; {front.free} are free. It is checked first, and nothing is sent to the project "
            "before you confirm that.",
            class_="quiet",
        ),
        element("div", class_="sending", hidden=True),
        element("p", role="alert", class_="failed", hidden=True),
        method="post",
        action="/uploads",
        enctype="multipart/form-data",
        class_="drop",
        data_most=front.most_bytes,
        data_most_text=front.most,
    )


def _queue(rows: tuple[Row, ...]) -> list[Content]:
    heading = element("h2", "What was uploaded", id="queue")
    if not rows:
        return [heading, element("p", "Nothing yet.")]
    return [heading, "\n", element("ol", "\n", [[_item(row), "\n"] for row in rows], class_="jobs")]


def _item(row: Row) -> Markup:
    how_far = meter(row.percent, f"{row.name}: {row.state}") if row.mood == "works" else None
    said = element("p", how_far, " ", row.said) if how_far or row.said else None
    return element(
        "li",
        element("p", link(row.path, element("bdi", row.name)), " ", badge(row.state, row.mood)),
        said,
        element("p", f"{row.size}, uploaded {row.received}", class_="quiet"),
    )

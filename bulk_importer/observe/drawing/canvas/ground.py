"""What is below the geometries: the image, or a sheet of its size, and what is outside of it.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bulk_importer.observe.drawing.canvas.lettering import FONT
from bulk_importer.observe.drawing.canvas.view import View
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup

__all__ = ["ImageRef", "ground"]


class ImageRef(msgspec.Struct, frozen=True):
    """The image of an entry.

    Attributes:
        href: where a page gets it; empty where only its size is known.
        width, height: in pixels; 0 where they are not known, so that nobody knows where it ends.
    """

    href: str
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height, where both are known."""
        return (self.width, self.height) if self.width > 0 and self.height > 0 else None


def ground(view: View, image: ImageRef | None) -> Markup:
    """The sheet on which geometries are drawn; of an image of no known size only the left and upper edge are known."""
    size = None if image is None else image.size
    left, top = view.at(0, 0)
    right, bottom = (view.width, view.height) if size is None else view.at(*size)
    left, top = min(max(left, 0.0), view.width), min(max(top, 0.0), view.height)
    right, bottom = max(min(right, view.width), left), max(min(bottom, view.height), top)
    sheet: dict[str, float] = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    pieces = [element("rect", fill="currentColor", fill_opacity=0.05, **sheet)]
    if image is not None and image.href:
        pieces.append(_image(view, image))
    if left > 0.5 or top > 0.5 or right < view.width - 0.5 or bottom < view.height - 0.5:
        pieces += _outside(view, left, top, right, bottom)
    edge = element(
        "rect",
        fill="none",
        stroke="currentColor",
        stroke_opacity=0.55,
        stroke_width=1.5,
        stroke_dasharray="2 4" if size is None else None,
        **sheet,
    )
    return element("g", pieces, edge)


def _image(view: View, image: ImageRef) -> Markup:
    """An image in its place: stretched to the size that is known, or else as large as it is itself."""
    box, scale = view.box, view.scale
    if image.size is None:
        place = f"scale({scale:.6g}) translate({-box.left:.6g} {-box.top:.6g})"
        return element("image", href=image.href, transform=place)
    wide, high = image.width * scale, image.height * scale
    left, top = -box.left * scale, -box.top * scale
    return element(
        "image", href=image.href, x=left, y=top, width=wide, height=high, preserveAspectRatio="none"
    )


def _outside(view: View, left: float, top: float, right: float, bottom: float) -> Iterator[Markup]:
    """What is not the image, and that it is not."""
    data = (
        f"M0 0H{view.width:.1f}V{view.height:.1f}H0ZM{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}V{top:.1f}Z"
    )
    yield element("path", d=data, fill="currentColor", fill_opacity=0.16, fill_rule="evenodd")
    words = {"fill": "currentColor", "font_family": FONT, "font_style": "italic", "font_size": "13"}
    if top >= 22:
        yield element("text", "outside", x=6, y=16, **words)
    elif view.height - bottom >= 22 or left >= 60:
        yield element("text", "outside", x=6, y=view.height - 8, **words)
    elif view.width - right >= 60:
        yield element("text", "outside", x=view.width - 54, y=view.height - 8, **words)

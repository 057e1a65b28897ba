"""Style sheets, scripts and icons of pages, each at an address of its own: no path is made of what is asked."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.loading.http_library import web
from bulk_importer.observe.report.looks import style

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

__all__ = ["PUBLIC", "add_statics"]

PUBLIC = "/static/"
"""What lies below this says nothing of a run, and is given to anyone."""
_FOLDER = Path(__file__).parent / "static"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = ("page.css", "page.js", "icon.svg", "vendor/uPlot.iife.min.js", "vendor/uPlot.min.css")


def add_statics(app: web.Application) -> None:
    """Let the application give them to anyone."""
    for file in _FILES:
        app.router.add_get(PUBLIC + file.rpartition("/")[2], _giving(file))


def _giving(file: str) -> Handler:
    """What gives one file. Pages look like reports, so that their style sheet begins with that of a report."""
    before = style() if file == "page.css" else ""

    async def give(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=before + _text(file), content_type=_KINDS[Path(file).suffix])

    return give


@cache
def _text(file: str) -> str:
    return (_FOLDER / file).read_text("utf-8")

"""What a page is made of comes from this server, and is what was vendored, to the byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from aiohttp import web

from bulk_importer.observe import page
from bulk_importer.observe.page.statics import PUBLIC, add_statics

STATIC = Path(page.__file__).parent / "static"
UPLOT = {
    # Of uplot@1.6.32 as npm has it, whose folder `dist` holds the first two: sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1A
    # Htpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "uPlot.LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}


@pytest.mark.parametrize(("name", "digest"), UPLOT.items())
def test_what_is_vendored_is_what_was_published(name: str, digest: str) -> None:
    """With its licence beside it; whoever takes a newer one changes this."""
    assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest


def test_nothing_else_is_vendored() -> None:
    """Each of these has to be looked after."""
    assert {path.name for path in (STATIC / "vendor").iterdir()} == UPLOT.keys()


def test_no_file_of_ours_names_another_host() -> None:
    """Nor is anything written into a style attribute or run from a text, which the content policy would not let be."""
    for path in (STATIC / "page.js", STATIC / "page.css"):
        text = path.read_text("utf-8")
        assert "//" not in text.replace("// ", "")
        assert "eval(" not in text


def test_each_file_has_an_address_and_no_path_is_made_of_one() -> None:
    """What is asked for is looked up, and never joined to a folder."""
    app = web.Application()
    add_statics(app)
    paths = {route.resource.canonical for route in app.router.routes() if route.resource}
    assert paths == {
        PUBLIC + name for name in ("page.css", "page.js", "icon.svg", "uPlot.iife.min.js", "uPlot.min.css")
    }

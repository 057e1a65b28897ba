"""Makes a page that stands alone: one file, its looks inside, a content policy that lets nothing else in.

Pure. The policy allows this style sheet by its digest, pictures that are in the page, and those of hosts that are
named; no script, no form, no frame. Who shows the page may allow less: without its style sheet it is bare, and whole.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from urllib.parse import quote

from bulk_importer.observe.markup.html import Content, Markup, element

__all__ = ["document", "is_document"]

_GENERATOR = element("meta", name="generator", content="bulk-importer")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")


def document(
    title: str, *body: Content, style: str, icon: Markup | None = None, image_hosts: Sequence[str] = ()
) -> str:
    """The text of the page.

    Args:
        style: the style sheet, written by us.
        icon: a picture as SVG for the tab of the browser.
        image_hosts: origins that pictures may come from, as `https://images.example`; others are left out.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    images = " ".join(["data:", *filter(_ORIGIN.fullmatch, image_hosts)])
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src {images}"
    head = [
        element("meta", charset="utf-8"),
        _GENERATOR,
        element(
            "meta",
            http_equiv="Content-Security-Policy",
            content=f"{policy}; base-uri 'none'; form-action 'none'",
        ),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        None if icon is None else element("link", rel="icon", href=f"data:image/svg+xml,{quote(icon.text)}"),
        Markup(f"<style>{style}</style>"),
    ]
    lines: list[Content] = [[each, "\n"] for each in head if each is not None]
    page = element(
        "html", "\n", element("head", "\n", lines), "\n", element("body", "\n", body), "\n", lang="en"
    )
    return f"<!doctype html>\n{page.text}\n"


def is_document(begin: bytes) -> bool:
    """Whether a file that begins so is such a page."""
    return _GENERATOR.text.encode() in begin

"""A page that stands alone."""

from __future__ import annotations

import base64
import hashlib
import re

from bulk_importer.observe.markup import Markup, document, element


def test_the_policy_allows_its_own_style_sheet_and_nothing_that_runs() -> None:
    page = document("A & B", element("main", "text"), style="p{margin:0}")
    digest = base64.b64encode(hashlib.sha256(b"p{margin:0}").digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].replace("&#39;", "'").split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "<style>p{margin:0}</style>" in page
    assert "<title>A &amp; B</title>" in page


def test_pictures_come_from_hosts_that_are_named_and_a_host_adds_no_rule() -> None:
    page = document("x", style="", image_hosts=["https://images.example:8443", "https://x; script-src *"])
    assert "img-src data: https://images.example:8443;" in page
    assert "script-src" not in page


def test_the_tab_shows_a_picture_of_its_own() -> None:
    page = document(
        "x", style="", icon=Markup('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>')
    )
    assert (
        '<link rel="icon" href="data:image/svg+xml,%3Csvg%20xmlns%3D%22http%3A//www.w3.org/2000/svg' in page
    )

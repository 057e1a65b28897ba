"""Visitors see what is wrong with a page, also where its policy allows no script."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.browser.judging import barriers, look_at, walk
from support.browser.visiting import Visit

STRICT = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)


def written(folder: Path, body: str) -> str:
    """The URL of a page with this body."""
    page = folder / "page.html"
    page.write_text(
        f"<!doctype html><html lang=en><head><title>A page</title>{STRICT}</head><body>{body}</body></html>"
    )
    return page.as_uri()


def test_a_visitor_complains_of_scripts_that_are_refused_and_of_other_hosts(
    visit: Visit, tmp_path: Path
) -> None:
    """Also of a host that the policy lets nobody reach."""
    visitor = visit(
        written(tmp_path, "<script>1</script><form action=http://elsewhere.example><button>Go</button>")
    )
    visitor.page.get_by_role("button").click()
    complaints = visitor.leave()
    assert "script-src" in complaints[0]
    assert complaints[1].startswith("another host was asked: http://elsewhere.example/")
    visitor.complaints.clear()


def test_axe_sees_what_cannot_be_read(visit: Visit, tmp_path: Path) -> None:
    """It is run beside the policy."""
    page = visit(written(tmp_path, "<input><p style='color:#ddd;background:#fff'>Pale</p>")).page
    assert [line.split(" ")[0] for line in barriers(page)] == ["color-contrast", "label"]


def test_a_walk_ends_where_the_focus_is_not_seen(visit: Visit, tmp_path: Path) -> None:
    """And where the order is not that of the page."""
    page = visit(written(tmp_path, "<a href=#a>One</a><button style='outline:none'>Two</button>")).page
    with pytest.raises(AssertionError, match="not seen on Two"):
        walk(page)
    page = visit(written(tmp_path, "<a href=#a>One</a><button tabindex=1>Two</button>")).page
    with pytest.raises(AssertionError, match="Tab reached"):
        walk(page)


def test_a_page_that_is_wider_than_a_phone_is_seen(visit: Visit, tmp_path: Path) -> None:
    """A person would have to move it sideways to read each line."""
    page = visit(written(tmp_path, "<div style='width:600px'>Wide</div>")).page
    with pytest.raises(AssertionError, match="wider than 390"):
        look_at(page, "wide")

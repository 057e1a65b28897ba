"""A real browser shows the sandbox's page, and speaks with its routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import expect

from support.browser.judging import look_at, walk
from support.browser.visiting import Visit


def test_the_page_shows_projects_and_requests_and_escapes_what_was_asked(
    sandbox_process: Callable[..., Any], visit: Visit
) -> None:
    """A path is text, whatever it looks like."""
    sandbox = sandbox_process("--seed", "1", "--project", "streets", "--media", "12")
    sandbox.ask("/api/v1/project")
    odd = "/<script>document.title='taken'</script>"
    with pytest.raises(HTTPError, match="404"):
        sandbox.ask(odd)
    page = visit(sandbox.url + "/").page
    expect(page).to_have_title("DataGym sandbox")
    expect(page.get_by_role("table").first.get_by_role("row").nth(1)).to_contain_text("streets")
    expect(page.get_by_role("table").first.get_by_role("row").nth(1)).to_contain_text("12")
    for path in ("/api/v1/project", odd):
        expect(page.get_by_role("table").last).to_contain_text(path)


def test_the_page_is_for_everybody(sandbox_process: Callable[..., Any], visit: Visit) -> None:
    """On a phone and on a desk, read aloud, with a keyboard alone."""
    sandbox = sandbox_process("--seed", "1", "--project", "streets", "--media", "2")
    page = visit(sandbox.url + "/").page
    assert walk(page) == ["Projects", "The last requests"]
    look_at(page, "sandbox")


def test_a_route_is_shown_as_json(sandbox_process: Callable[..., Any], visit: Visit) -> None:
    """To a person who looks something up by hand."""
    sandbox = sandbox_process("--seed", "1", "--project", "streets", "--media", "2")
    visitor = visit(sandbox.url + "/api/project")
    visitor.expected.append("/favicon.ico")
    page = visitor.page
    assert '"name":"streets"' in page.locator("body").inner_text().replace(" ", "")

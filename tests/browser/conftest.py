"""The browser as a fixture: one for a module, and a visitor for each page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from support.browser.starting import CHROMIUM, running_browser
from support.browser.visiting import Visit, Visitor


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser of this machine."""
    if CHROMIUM is None:
        pytest.skip("no browser is installed; .ci/run installs one")
    expect.set_options(timeout=60_000)
    with running_browser() as started:
        yield started


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Let somebody visit a page; at the end of the test nobody may have anything to complain of."""
    visitors: list[Visitor] = []

    def arrive(url: str, **context: Any) -> Visitor:
        visitors.append(Visitor(browser, url, **context))
        return visitors[-1]

    yield arrive
    complaints = [line for each in visitors for line in each.leave()]
    assert complaints == []

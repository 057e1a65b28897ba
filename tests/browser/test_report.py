"""The report of a real import in a real browser: from disk, as an artifact of a CI system, and on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from support.attacks.scene import STRANGE, TOKEN, Scene
from support.browser.hosting import AS_JENKINS, hosted
from support.browser.judging import barriers, keep_picture, look_at, walk
from support.browser.visiting import Visit
from support.commands import Command


@pytest.fixture
def report(sandbox_process: Callable[..., Any], tmp_path: Path) -> Path:
    """Of an import of which some entries were refused, with names that would take over a page."""
    scene = Scene(Command(tmp_path), sandbox_process("--seed", "1", "--token", TOKEN))
    done = scene.command("import", str(scene.source), "--server", scene.sandbox.url, "--project", "watched")
    assert done.returncode == 1, done.stderr
    return Path(f"{scene.source}.checkpoint") / "report.html"


def says_what_became_of_it(page: Page) -> None:
    """Whether it worked, what is missing, and what to do; with plots, pictures, and names that are text."""
    text = page.locator("body").inner_text()
    assert "60" in text
    assert STRANGE[:40] in text
    assert "taken" not in page.title()
    assert page.locator("img").count() == 0
    order = [page.locator("h1").inner_text(), *page.locator("h2").all_inner_texts()]
    assert "What to do now" in order[:4]
    pictures = page.locator("svg[role=img]")
    assert pictures.count() >= 3
    closed = page.locator("details:not([open]) svg[role=img]").count()
    assert page.locator("svg[role=img]:visible").count() == pictures.count() - closed


@pytest.mark.slow
def test_a_report_opens_from_disk_for_everybody(visit: Visit, report: Path) -> None:
    """On a phone and on a desk, in light and dark, read aloud, with a keyboard alone; nothing is loaded for it."""
    page = visit(report.as_uri()).page
    says_what_became_of_it(page)
    walk(page)
    look_at(page, "report")


def test_a_report_is_whole_where_nothing_in_it_may_run_or_have_looks(visit: Visit, report: Path) -> None:
    """As Jenkins shows artifacts: bare, and readable."""
    with hosted(report.parent, AS_JENKINS) as url:
        visitor = visit(f"{url}/report.html")
        visitor.expected += ["Content Security Policy", "/favicon.ico"]
        says_what_became_of_it(visitor.page)
        assert visitor.page.locator("table:visible").count() >= 2
    with hosted(
        report.parent, AS_JENKINS.removeprefix("sandbox; ")
    ) as url:  # where axe, which has timers, can run
        visitor = visit(f"{url}/report.html")
        visitor.expected += ["Content Security Policy", "/favicon.ico"]
        assert barriers(visitor.page) == []
        keep_picture(visitor.page, "artifact")


def test_a_report_is_printed_in_dark_ink_on_white(visit: Visit, report: Path) -> None:
    """Also by somebody whose screen is dark."""
    page = visit(report.as_uri(), color_scheme="dark").page
    page.emulate_media(media="print")
    keep_picture(page, "printed")
    ground, ink = page.evaluate(
        "() => { const it = getComputedStyle(document.body); return [it.backgroundColor, it.color]; }"
    )
    assert ground in {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    assert sum(int(each) for each in ink[4:-1].split(",")[:3]) < 200

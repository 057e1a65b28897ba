"""A real browser shows the sandbox's page, and speaks with its routes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser is installed; .ci/run installs one")


def seen_at(url: str, folder: Path) -> str:
    """The document as the browser holds it when it has loaded."""
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={folder / 'profile'}",
            "--dump-dom",
            url,
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return done.stdout


def test_the_page_shows_projects_and_requests_and_escapes_what_they_are_called(
    sandbox_process: Callable[..., Any], tmp_path: Path
) -> None:
    """A name is text, whatever it looks like."""
    sandbox = sandbox_process("--seed", "1", "--project", "streets", "--media", "12")
    sandbox.ask("/api/v1/project")
    page = seen_at(sandbox.url + "/", tmp_path)
    for shown in ("streets", "12", "/api/v1/project"):
        assert shown in page


def test_a_route_is_shown_as_json(sandbox_process: Callable[..., Any], tmp_path: Path) -> None:
    """To a person who looks something up by hand."""
    sandbox = sandbox_process("--seed", "1", "--project", "streets", "--media", "2")
    assert '"name":"streets"' in seen_at(sandbox.url + "/api/project", tmp_path).replace(" ", "")

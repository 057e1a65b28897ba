"""Starts the browser of this machine, and keeps it on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from support.around.alone import port_of, reserve_port

__all__ = ["CHROMIUM", "running_browser"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""The program; None where there is none. What playwright would download is not wanted."""

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start it; it ends with the context.

    Any other host is reached through a proxy at which nobody listens: with all these flags chromium still asks two of
    its maker's for updates and accounts, at each start.
    """
    with reserve_port() as nobody, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*_FLAGS],
            env={name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
            proxy={"server": f"http://127.0.0.1:{port_of(nobody)}", "bypass": "127.0.0.1,localhost,[::1]"},
        )
        try:
            yield browser
        finally:
            browser.close()

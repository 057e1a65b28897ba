"""One person before one page, and what went wrong there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

__all__ = ["Visit", "Visitor"]

_OF_NO_HOST = {"about", "blob", "data", "file"}


class Visitor:
    """Has cookies and looks of its own, and one page.

    Attributes:
        complaints: errors of the console and of scripts, and requests to other hosts than the one that is visited.
        expected: texts of which a complaint may hold one; a test that provokes an error says so here.
    """

    def __init__(self, browser: Browser, url: str, **context: Any) -> None:
        self.complaints: list[str] = []
        self.expected: list[str] = []
        self._host = urlsplit(url).netloc
        self.context = browser.new_context(**context)
        self.context.set_default_timeout(60_000)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.complaints.append(f"a script failed: {error.error}"))
        self.context.on("request", self._requested)
        self.page: Page = self.context.new_page()
        self.page.goto(url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(
                f"{message.type} in the console: {message.text} ({message.location['url']})"
            )

    def _requested(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme not in _OF_NO_HOST and asked.netloc != self._host:
            self.complaints.append(f"another host was asked: {request.url}")

    def leave(self) -> list[str]:
        """Close the page; what is to be complained of."""
        self.context.close()
        return [each for each in self.complaints if not any(text in each for text in self.expected)]


Visit = Callable[..., Visitor]
"""Takes a URL and the arguments of `Browser.new_context`."""

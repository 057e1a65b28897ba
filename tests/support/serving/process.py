"""The real command `serve` in a process of its own, and a browser without a screen."""

from __future__ import annotations

import html
import http.client
import re
import subprocess
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from support.commands import Command

__all__ = ["Serving", "printed_link"]

_SECONDS = 60.0


def printed_link(process: subprocess.Popen[str]) -> str:
    """The link that a process of `serve` prints at first."""
    assert process.stderr is not None
    said = ""
    while (found := re.search(r"Page: (\S+)", said)) is None:
        line = process.stderr.readline()
        assert line, said
        said += line
    return found[1]


class Serving:
    """One process of `serve`, with whoever opened the link that it printed."""

    def __init__(self, command: Command, *arguments: str) -> None:
        self.process = command.start("serve", *arguments)
        link = urlsplit(printed_link(self.process))
        self.authority = link.netloc
        answer = self._asked("GET", f"{link.path}?{link.query}")
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0]

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
        """The status of an answer, and where it leads or what it says."""
        answer = self._asked(method, path, body, Cookie=self.cookie, **{"Content-Type": kind} if kind else {})
        return answer.status, answer.headers.get("Location") or answer.text

    def upload(self, content: bytes, name: str = "labels.json") -> str:
        """Upload a file; the path of its page."""
        status, _ = self.ask("PUT", f"/uploads?{urlencode({'name': name})}", content)
        assert status == 201
        return self.paths()[0]

    def paths(self) -> list[str]:
        """The pages of all uploads, the latest first."""
        return re.findall(r'href="(/jobs/[^"]+)"', self.ask("GET", "/")[1])

    def post(self, path: str, **form: str) -> int:
        """Send a form; the status."""
        return self.ask("POST", path, urlencode(form).encode(), "application/x-www-form-urlencoded")[0]

    def headline(self, path: str) -> str:
        """How an upload stands."""
        found = re.search(r'<p role="status"><span[^>]*>([^<]+)<', self.ask("GET", path)[1])
        assert found is not None
        return found[1]

    def once(self, path: str, *headlines: str) -> str:
        """How an upload stands as soon as that is one of these."""
        until = time.monotonic() + _SECONDS
        while (now := self.headline(path)) not in headlines:
            assert time.monotonic() < until, now
            time.sleep(0.05)
        return now

    def command_of(self, path: str) -> str:
        """The command line that the page of an upload shows."""
        found = re.search(r"<pre[^>]*><code>(.*?)</code>", self.ask("GET", path)[1], re.DOTALL)
        assert found is not None
        return html.unescape(found[1])

    def kill(self) -> None:
        """As `kill -9` does."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> tuple[int, str]:
        """As `kill` does; the exit code, and what it printed."""
        self.process.terminate()
        out, _ = self.process.communicate(timeout=_SECONDS)
        return self.process.returncode, out

    def _asked(self, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
        connection = http.client.HTTPConnection(self.authority, timeout=_SECONDS)
        try:
            origin = {} if method == "GET" else {"Origin": f"http://{self.authority}"}
            connection.request(method, path, body or None, {**origin, **headers})
            answer = connection.getresponse()
            answer.text = answer.read().decode()  # type: ignore[attr-defined]  # beside what it has
        finally:
            connection.close()
        return answer

"""Hosts files as a CI system shows artifacts: with a policy that lets nothing of strangers run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

__all__ = ["AS_JENKINS", "hosted"]

AS_JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'"
"""What Jenkins sends along with artifacts: no script, no inline style, no picture that stands in the page itself."""


class _Artifacts(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: object, policy: str, directory: str) -> None:
        self._policy = policy
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]  # what the server hands over

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self._policy)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


@contextmanager
def hosted(folder: Path, policy: str) -> Iterator[str]:
    """The URL of a folder that is hosted with this policy, without a slash at its end."""
    handler = partial(_Artifacts, policy=policy, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

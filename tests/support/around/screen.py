"""A terminal that a test can read as a person reads it: the real command runs in it, and a screen model obeys it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

from support.commands import COMMAND

_DRAWN = re.compile(rb"(?=\r\x1b\[J)")
"""Where the line of progress is drawn anew: a slow reader gets several in one piece."""


class Terminal:
    """A command that runs on a terminal of so many columns and lines.

    Attributes:
        seen: every byte that it wrote.
        screens: what stood on the screen each time that it had written something.
    """

    def __init__(
        self,
        *arguments: str,
        folder: Path,
        columns: int = 80,
        lines: int = 24,
        environment: Mapping[str, str],
    ) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.seen = b""
        self.screens: list[list[str]] = []
        self._master, slave = pty.openpty()
        self._set_size(columns, lines)
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=folder,
            env={"TERM": "xterm-256color", **environment},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            # So that what is typed, and a change of the size, are signals.
            preexec_fn=lambda: os.login_tty(0),  # noqa: PLW1509 - nothing in the test's process is waited for in it
        )
        os.close(slave)

    def resize(self, columns: int, lines: int = 24) -> None:
        """Pull at the corner of the window."""
        self._set_size(columns, lines)
        self._screen.resize(lines, columns)

    def type(self, keys: str) -> None:
        """Press keys; `\\x03` is Ctrl-C."""
        os.write(self._master, keys.encode())

    def read(self, until: Callable[[list[str]], bool], seconds: float = 60.0) -> list[str]:
        """The lines on the screen as soon as they are as wanted, however briefly, or when the command is over.

        Raises:
            AssertionError: they never were, and it was not over in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if until(self.shown()):
                return self.shown()
            before = len(self.screens)
            is_over = not self._take(0.1)
            for screen in self.screens[before:]:
                if until(screen):
                    return screen
            if is_over:
                return self.shown()
        raise AssertionError("the screen never showed it:\n" + "\n".join(self.shown()))

    def finish(self, seconds: float = 300.0) -> list[str]:
        """Let it come to its end; the lines that are left on the screen."""
        self.read(lambda _: False, seconds)
        self.process.wait(timeout=60)
        return self.shown()

    def shown(self) -> list[str]:
        """The lines on the screen, without empty ones at the end."""
        lines = [line.rstrip() for line in self._screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def close(self) -> None:
        """End the command, if it goes on."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    def _take(self, seconds: float) -> bool:
        """Take what it wrote meanwhile; whether there may be more."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            piece = os.read(self._master, 1 << 16)
        except OSError:  # nobody has the other end open any more
            return False
        self.seen += piece
        for drawn in filter(None, _DRAWN.split(piece)):
            self._stream.feed(drawn)
            self.screens.append(self.shown())
        return bool(piece)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

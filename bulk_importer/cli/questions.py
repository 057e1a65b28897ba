"""Asks a person at the terminal whether labels may be replaced, and tasks be completed, once for a command."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from bulk_importer.cli import messages, streams
from bulk_importer.cli.output_options import output_options
from bulk_importer.escapes import visible
from bulk_importer.levels import Level

if TYPE_CHECKING:
    from bulk_importer.events import ReplacementForeseen
    from bulk_importer.migration.tasks.completing import Foreseen
    from bulk_importer.pipeline import Confirmation
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["ReplacementQuestion", "TasksQuestion", "confirmed"]

_ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": False}
_QUESTION = "Replace them? [y/N] "
_OF_SEVERAL = "Replace them, and what the sources behind it replace? [y/N] "


class ReplacementQuestion:
    """Asks whether labels may be replaced; the answer counts for all that the command imports.

    Args:
        stop: ends the waiting for an answer, which is no then.
        sources: of the command.
        yes: it is answered beforehand.
    """

    def __init__(self, stop: StopSwitch, sources: Sequence[str] = (), *, yes: bool = False) -> None:
        self._stop = stop
        self._sources = sources
        # Set by the first answer.
        self._answer: bool | None = True if yes else None

    async def __call__(self, foreseen: ReplacementForeseen) -> Confirmation:
        """The answer; `UNASKED` where nobody can give one."""
        from bulk_importer.pipeline import Confirmation

        if self._answer is None:
            if not _can_be_asked(self._sources):
                return Confirmation.UNASKED
            if output_options().level < Level.WARNING:  # else it stands above the question by now
                from bulk_importer.observe import sentence_of

                messages.say(sentence_of(foreseen), Level.ERROR)
            text = _OF_SEVERAL if foreseen.source and len(self._sources) > 1 else _QUESTION
            self._answer = await _asked(text, self._stop)
        return Confirmation.YES if self._answer else Confirmation.NO


class TasksQuestion:
    """Asks whether tasks may be completed or skipped, which uses label quota.

    Args:
        stop, sources, yes: as for `ReplacementQuestion`.
    """

    def __init__(self, stop: StopSwitch, sources: Sequence[str] = (), *, yes: bool = False) -> None:
        self._stop = stop
        self._sources = sources
        self._yes = yes

    async def __call__(self, foreseen: Foreseen) -> Confirmation:
        """The answer about tasks that are known; `UNASKED` where nobody can give one."""
        from bulk_importer.readable import counted

        does = "Completes" if foreseen.state.value == "COMPLETED" else "Skips"
        return await self._answer(
            f"{does} {counted(foreseen.tasks, 'task')} of project {foreseen.project.name}, which uses as much of the "
            "organisation's label quota, where it has one."
        )

    async def beforehand(self, on_delivered: str) -> Confirmation:
        """The answer about tasks that are known only when an import is complete; `on_delivered` is the setting."""
        does = "completed" if on_delivered == "complete" else "skipped"
        return await self._answer(
            f"When all is delivered, the task of each media that labels were delivered for is {does}, which uses one "
            "of the organisation's label quota each, where it has one."
        )

    async def _answer(self, what: str) -> Confirmation:
        from bulk_importer.pipeline import Confirmation

        is_asked = not self._yes and _can_be_asked(self._sources)
        messages.say(what, Level.ERROR if is_asked else Level.WARNING)
        answer = await confirmed("Do that? [y/N] ", self._stop, self._sources, yes=self._yes)
        if answer is None:
            return Confirmation.UNASKED
        return Confirmation.YES if answer else Confirmation.NO


async def confirmed(
    question: str, stop: StopSwitch, sources: Sequence[str] = (), *, yes: bool
) -> bool | None:
    """The answer to a question; True where it is given beforehand, None where there is nobody to ask.

    Args:
        stop: ends the waiting for an answer, which is no then.
        sources: of the command.
    """
    if yes:
        return True
    return await _asked(question, stop) if _can_be_asked(sources) else None


def _can_be_asked(sources: Sequence[str]) -> bool:
    """Whether a person sees the question and can type the answer.

    Not where the terminal is the source, and not in the background: to read from the terminal would stop the process.
    """
    if "-" in sources or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False


async def _asked(text: str, stop: StopSwitch) -> bool:
    """Ask until the answer is yes or no; the end of the input is no, and so is a stop."""
    with suppress(termios.error):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)  # what was typed before is no answer
    shown = text = visible(text)
    while True:
        _show(shown)
        try:
            typed = await _typed(stop)
        finally:
            streams.show_line("", is_question=True)
        if not typed and not streams.is_screen(sys.stderr):
            streams.write(sys.stderr, "\n")  # what is said next stands on a line of its own
        answer = _ANSWERS.get(typed.strip().lower())
        if answer is not None:
            return answer
        shown = f"Please answer y or n. {text}"


def _show(text: str) -> None:
    if output_options().is_json:
        messages.say(text, Level.ERROR)
    elif streams.is_screen(sys.stderr):
        streams.show_line(text, is_question=True)
    else:
        streams.write(sys.stderr, text)


async def _typed(stop: StopSwitch) -> str:
    """The line that is typed; nothing at the end of the input, or when the run is to end."""
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()
    typed: asyncio.Future[bytes] = loop.create_future()

    def answer(line: bytes) -> None:
        if not typed.done():
            typed.set_result(line)

    stop.subscribe(lambda: answer(b""))
    loop.add_reader(descriptor, lambda: answer(_line(descriptor)))
    try:
        return (await typed).decode(errors="replace")
    finally:
        loop.remove_reader(descriptor)


def _line(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the terminal is gone
        return b""

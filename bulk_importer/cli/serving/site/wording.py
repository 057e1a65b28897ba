"""The words for how uploads stand, and for what ended their checks and imports, as a browser shows them. Pure."""

from __future__ import annotations

import re

from bulk_importer.cli.serving.spool.values import JobState

__all__ = ["HEADLINES", "STEERED", "for_labellers", "in_browser", "sized"]

HEADLINES = {
    JobState.RECEIVED: "Waits for its check",
    JobState.CHECKING: "Being checked",
    JobState.CHECKED: "Checked: waits for you",
    JobState.REFUSED: "Cannot be imported",
    JobState.QUEUED: "Waits for its turn",
    JobState.IMPORTING: "Being imported",
    JobState.DONE: "Imported",
    JobState.STOPPED: "Stopped",
    JobState.FAILED: "Failed",
}
STEERED = {"paused": "Paused", "stopping": "Stopping"}
"""How an import stands that goes on, where a person has to know more than that it does."""
_OF_A_TERMINAL = re.compile(r"(?<![\w-])--[a-z]|keepData|bulk-importer|CHECKPOINT|internal_media_ID")
"""What somebody has no use for who only uploads files."""
_SENTENCE = re.compile(r"(?<=[.;])\s+")
_OF_KEEPING = (
    ("is read and kept first", "What they hold is kept first, so that the import can be taken back."),
    ("othing is kept of what they held", "Nothing is kept of what they hold: that cannot be taken back."),
)
_SAID_AT_A_TERMINAL = (
    (
        "Fix the source at or behind that byte, and run the same command again.",
        "Fix it, and upload it again.",
    ),
    ("Unpack it (unzip FILE), and import the file", "Unpack it, and upload the file"),
    ("run the same command again", "try again here"),
    (
        "The same command asks again; --yes is the answer beforehand, and without",
        "It asks again when it is resumed. Without",
    ),
    (" Without 'keepData: false' an entry deletes nothing.", ""),
    ("The same command again resumes.", "It can be resumed here."),
    ("stopped by page", "It was stopped on this page."),
)


def in_browser(text: str, *, source: str, name: str) -> str:
    """A sentence that was meant for a terminal, with advice that is true in a browser, and the name that people know.

    Args:
        source: the path that the sentence may name.
    """
    for said, better in _SAID_AT_A_TERMINAL:
        text = text.replace(said, better)
    return text.replace(source, name)


def for_labellers(advice: str) -> str:
    """Advice without what is typed at a terminal or written into entries; else whom to ask, where nothing is left."""
    for mark, said in _OF_KEEPING:
        if mark in advice:
            return said
    kept = [each.rstrip(";.") for each in _SENTENCE.split(advice) if not _OF_A_TERMINAL.search(each)]
    if not kept:
        return "Ask whoever started this page what to do."
    return " ".join(f"{each[:1].upper()}{each[1:]}." for each in kept if each)


def sized(count: int) -> str:
    """So many bytes, for people."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= 100 * unit:
            return f"{count / unit:,.0f} {name}"
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} B"

"""Keeps a few rejected entries of each kind of finding, those that differ from each other before those that do not.

Memory is bounded: six entries of a code at most, an entry of more than 128 KiB without its bytes, and no more bytes
after 16 MiB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bulk_importer.cli.reporting.images import ImageOf, no_image
from bulk_importer.model import Rejection
from bulk_importer.observe.drawing.excerpts import entry_in, excerpt_of
from bulk_importer.observe.drawing.pictures import picture_of
from bulk_importer.observe.report import Example
from bulk_importer.observe.report.examples import MOST_OF_A_CODE, chosen

__all__ = ["Sample", "Samples"]

_MOST_CODES = 200
_LONGEST_ENTRY = 128 << 10
_MOST_BYTES = 16 << 20
_LONGEST_EXCERPT = 1_500
_LARGEST_PICTURE = 48 << 10


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A rejected entry as it was met.

    Attributes:
        code: the finding that it is an example of.
        raw: the entry as it came; empty where it is not at hand.
        line, href: as in `Example`.
    """

    code: str
    position: int
    offset: int | None
    media_id: str | None
    findings: Sequence[Mapping[str, Any]]
    raw: bytes = b""
    line: int | None = None
    href: str = ""

    def shown(self, image_of: ImageOf) -> Example:
        """As it is shown: drawn, where anything of it can be, on its image where there is one."""
        text = self.raw.decode("utf-8", "replace")
        entry = _decoded(self.raw, text)
        image = image_of(entry, self.media_id)
        picture = picture_of(entry, self.findings, image)
        largest = _LARGEST_PICTURE + (0 if image is None else len(image.href))
        return Example(
            code=self.code,
            position=self.position,
            offset=self.offset,
            media_id=self.media_id,
            findings=self.findings,
            picture=picture if picture is not None and len(picture.svg) <= largest else None,
            places=[excerpt_of(entry, each, text) for each in self.findings],
            excerpt=_excerpt(self.raw),
            line=self.line,
            href=self.href,
        )


class Samples:
    """A growing choice of rejected entries."""

    def __init__(self) -> None:
        # Changed by `offer` alone: by code those of a place or a value of their own, by these; others that came; bytes.
        self._fresh: dict[str, dict[tuple[str, str], Sample]] = {}
        self._spare: dict[str, list[Sample]] = {}
        self._bytes = 0

    def lacks(self, code: str) -> bool:
        """Whether one more entry with this finding is of use."""
        if code not in self._fresh:
            return len(self._fresh) < _MOST_CODES
        return len(self._fresh[code]) < MOST_OF_A_CODE

    def has(self, code: str) -> bool:
        """Whether there is one with this finding."""
        return code in self._fresh

    def offer(self, sample: Sample) -> None:
        """Keep an entry where it is of use; of its errors it becomes an example of the rarest one so far."""
        errors = [each for each in sample.findings if each["severity"] == "error"] or sample.findings
        if not errors:
            return
        finding = min(errors, key=lambda each: len(self._fresh.get(each["code"], ())))
        code, key = finding["code"], (_place(finding["pointer"]), finding["found"])
        if not self.lacks(code):
            return
        of_code, spare = self._fresh.setdefault(code, {}), self._spare.setdefault(code, [])
        if key not in of_code:
            of_code[key] = self._kept(sample, code)
        elif len(spare) < MOST_OF_A_CODE:
            spare.append(self._kept(sample, code))

    def meet(self, rejection: Rejection) -> None:
        """Keep an entry that would be rejected where it is of use."""
        if any(self.lacks(each.code) for each in rejection.findings):
            self.offer(
                Sample(
                    code="",
                    position=rejection.position,
                    offset=rejection.offset,
                    media_id=rejection.media_id,
                    findings=msgspec.to_builtins(rejection.findings),
                    raw=rejection.raw,
                )
            )

    def examples(self, counts: Mapping[str, int], image_of: ImageOf = no_image) -> list[Example]:
        """Those that a report shows.

        Args:
            counts: how often each code was found.
            image_of: what they are drawn on.
        """
        return [each.shown(image_of) for each in chosen(list(self._all()), counts)]

    def _all(self) -> Iterator[Sample]:
        for code, of_code in self._fresh.items():
            kept = [*of_code.values(), *self._spare[code]][:MOST_OF_A_CODE]
            yield from sorted(kept, key=lambda each: each.position)

    def _kept(self, sample: Sample, code: str) -> Sample:
        """The entry, without its bytes where these are too many."""
        raw = sample.raw if len(sample.raw) <= _LONGEST_ENTRY and self._bytes < _MOST_BYTES else b""
        self._bytes += len(raw)
        return msgspec.structs.replace(sample, code=code, raw=bytes(raw))


def _place(pointer: str) -> str:
    """The pointer without its indexes."""
    return "/".join("*" if step.isdigit() else step for step in pointer.split("/"))


def _decoded(raw: bytes, text: str) -> object:
    """The entry as a value; None where it is none."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return entry_in({"entry_text": text})


def _excerpt(raw: bytes) -> str:
    """The beginning of an entry, for people."""
    text = raw[: 4 * _LONGEST_EXCERPT].decode("utf-8", "backslashreplace")
    return text if len(text) <= _LONGEST_EXCERPT else f"{text[:_LONGEST_EXCERPT]} …"

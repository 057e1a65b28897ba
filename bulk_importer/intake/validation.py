"""Judges the elements of a segment: which are entries that may be sent, and what is wrong with the others.

Three rings (see `datagym.findings`): the text and the import schema, the label configuration, the media of the project.
Each element is first decoded into a form that knows the ordinary (`forms`); what does not fit is looked at exactly.
The two ways give the same columns and the same digest.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from bulk_importer.datagym.entry import lane_of, weight_of
from bulk_importer.datagym.findings import CATALOGUE, Flaw, severities
from bulk_importer.intake.forms import AnyEntry, PlainEntry, Tally, digest_of, tally_plain
from bulk_importer.intake.schema import ImportSchema
from bulk_importer.intake.strict_json import parsed, repeats_a_key
from bulk_importer.model import EntryRun, Finding, KeepData, Rejection, Severity
from bulk_importer.spans import Span, SpanSet

__all__ = ["Judge", "Judged", "Rules"]

# Deep enough for anything that the server reads (about ten levels), and far from what any parser's stack holds.
_MAX_DEPTH = 128
_MEDIA_ID = re.compile(rb'"internal_media_ID"\s*:\s*"([\x20\x21\x23-\x5b\x5d-\x7e]*)"')
_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Rules:
    """What entries are held against; small, and made to be sent to worker processes.

    Attributes:
        strict: warnings are errors.
        allow, deny: codes of findings that are only counted, or that are errors.
        max_depth: levels of nesting above which an element is refused unread.
        keep_warnings: hand over the warnings of accepted entries too, not only their number.
    """

    strict: bool = False
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    max_depth: int = _MAX_DEPTH
    keep_warnings: bool = False

    def severities(self) -> dict[str, Severity]:
        """What each code counts as. Raises `UsageError` for codes that do not exist or cannot be allowed."""
        return severities(strict=self.strict, allow=self.allow, deny=self.deny, configured=False)


class Judged(msgspec.Struct, frozen=True):
    """What judging a segment gave. Each element is in exactly one of `run`, `rejections` and `skipped`.

    Attributes:
        counts: number of findings by code, all severities.
        digests: eight bytes for each element, in order, those of the rejected and skipped ones included.
        warnings: those of accepted entries, if the rules ask for them.
    """

    run: EntryRun
    rejections: tuple[Rejection, ...]
    skipped: tuple[Span, ...]
    counts: dict[str, int]
    digests: bytes
    warnings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Gathered:
    """The columns of a segment while they grow; one for each call of `judge`."""

    indexes: list[int] = field(default_factory=list)
    media_ids: list[str] = field(default_factory=list)
    keeps: bytearray = field(default_factory=bytearray)
    weights: array[int] = field(default_factory=lambda: array("q"))
    digests: bytearray = field(default_factory=bytearray)
    rejections: list[Rejection] = field(default_factory=list)
    skipped: SpanSet = field(default_factory=SpanSet)
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[Finding] = field(default_factory=list)

    def accept(self, index: int, entry: PlainEntry | AnyEntry, weight: int, digest: bytes) -> None:
        self.indexes.append(index)
        self.media_ids.append(entry.internal_media_ID if entry.internal_media_ID is not UNSET else "")
        self.keeps.append(_KEEPS[entry.keepData])
        self.weights.append(weight)
        self.digests += digest

    def skip(self, element: _Element) -> None:
        self.skipped.add(element.position, element.position + 1)
        self.digests += _text_digest(element.raw)

    def reject(self, element: _Element, findings: tuple[Finding, ...]) -> None:
        self.rejections.append(
            Rejection(
                position=element.position,
                offset=element.offset,
                media_id=findings[0].media_id,
                findings=findings,
                raw=element.raw,
            )
        )
        self.digests += _text_digest(element.raw)


_KEEPS = {UNSET: KeepData.MISSING, True: KeepData.TRUE, False: KeepData.FALSE}


class _Head(msgspec.Struct):
    """What a request must know of an entry whose labels it does not read."""

    internal_media_ID: str | UnsetType = UNSET  # noqa: N815  # the key in the file
    keepData: bool | UnsetType = UNSET  # noqa: N815  # the key in the file


class _Element(NamedTuple):
    """One element that is looked at singly."""

    place: int
    position: int
    offset: int
    raw: bytes


class Judge:
    """Judges segments by one set of rules. Build it once in each process: it compiles schema and forms."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._severities = rules.severities()
        self._schema = ImportSchema()
        self._decode: Callable[[bytes], PlainEntry] = msgspec.json.Decoder(PlainEntry).decode
        self._tally: Callable[[PlainEntry], Tally | None] = tally_plain
        self._decode_any = msgspec.json.Decoder(AnyEntry).decode

    def judge(
        self, data: bytes, starts: Sequence[int], lengths: Sequence[int], *, first: int, offset: int
    ) -> Judged:
        """Judge the elements `data[starts[i] : starts[i] + lengths[i]]`.

        Args:
            data: the bytes of a segment. Its elements are delimited, and need not be strict JSON.
            first: position of element 0.
            offset: byte offset of `data[0]` in the source.
        """
        gathered = _Gathered()
        for index, (start, length) in enumerate(zip(starts, lengths, strict=True)):
            raw = data[start : start + length]
            if not self._accept_at_once(raw, index, gathered):
                self._look_closely(_Element(index, first + index, offset + start, raw), gathered)
        return self._judged(gathered, data, starts, lengths, first=first, offset=offset)

    def _accept_at_once(self, raw: bytes, index: int, gathered: _Gathered) -> bool:
        try:
            entry = self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        tally = self._tally(entry)
        if tally is None or repeats_a_key(raw, tally.keys):
            return False
        for code, number in tally.notes:
            gathered.counts[code] += number
        gathered.accept(index, entry, tally.weight, digest_of(entry))
        return True

    def _look_closely(self, element: _Element, gathered: _Gathered) -> None:
        """The exact verdict about one element; everything that is wrong with it."""
        value, flaws = parsed(element.raw, max_depth=self._rules.max_depth)
        if isinstance(value, dict) and value.keys() == {"label_classes"} and not flaws:
            gathered.skip(element)
            return
        if not any(CATALOGUE[flaw.code].firm for flaw in flaws):
            flaws += self._flaws_of(value)
        gathered.counts.update(flaw.code for flaw in flaws)
        findings = self._findings(flaws, element, _media_id(element.raw, value))
        if any(finding.severity is Severity.ERROR for finding in findings):
            gathered.reject(element, findings)
            return
        if self._rules.keep_warnings:
            gathered.warnings += findings
        entry, digest = self._read(element.raw)
        gathered.accept(element.place, entry, weight_of(value), digest)

    def _flaws_of(self, value: object) -> list[Flaw]:
        flaws = [] if self._schema.accepts(value) else self._schema.flaws(value)
        if isinstance(value, dict) and "internal_media_ID" not in value:
            flaws.append(
                Flaw("media-id-missing", "", "internal_media_ID", f"the keys {', '.join(value) or 'none'}")
            )
        return flaws

    def _findings(
        self, flaws: Iterable[Flaw], element: _Element, media_id: str | None
    ) -> tuple[Finding, ...]:
        """The findings above a note, errors first."""
        findings = [
            Finding(
                code=flaw.code,
                severity=self._severities[flaw.code],
                position=element.position,
                offset=element.offset,
                media_id=media_id,
                pointer=flaw.pointer,
                expected=flaw.expected,
                found=flaw.found,
                advice=CATALOGUE[flaw.code].advice,
            )
            for flaw in flaws
            if self._severities[flaw.code] is not Severity.NOTE
        ]
        return tuple(sorted(findings, key=lambda each: each.severity is not Severity.ERROR))

    def _read(self, raw: bytes) -> tuple[AnyEntry, bytes]:
        """The entry as the server reads it, and its digest."""
        try:
            entry = self._decode_any(raw)
        except msgspec.DecodeError:
            # Numbers that a double cannot hold, which the rules let pass: only the head of the entry is read.
            head = msgspec.json.decode(raw, type=_Head)
            entry = AnyEntry(internal_media_ID=head.internal_media_ID, keepData=head.keepData)
            return entry, _text_digest(raw)
        return entry, digest_of(entry)

    def _judged(
        self,
        gathered: _Gathered,
        data: bytes,
        starts: Sequence[int],
        lengths: Sequence[int],
        *,
        first: int,
        offset: int,
    ) -> Judged:
        count = len(starts)
        kept = gathered.indexes
        positions: Sequence[int] = range(first, first + count)
        if len(kept) < count:
            positions = array("q", [first + index for index in kept])
            starts = array("q", [starts[index] for index in kept])
            lengths = array("q", [lengths[index] for index in kept])
        run = EntryRun(
            offset,
            data,
            positions,
            starts,
            lengths,
            gathered.media_ids,
            _lanes(gathered.media_ids),
            bytes(gathered.keeps),
            gathered.weights,
        )
        return Judged(
            run,
            tuple(gathered.rejections),
            gathered.skipped.spans,
            dict(gathered.counts),
            bytes(gathered.digests),
            tuple(gathered.warnings),
        )


def _lanes(media_ids: list[str]) -> list[str]:
    """The lane of each id; the same list where none differs, which is the ordinary case."""
    together = "|".join(media_ids)
    if (
        together.isascii()
        and together.isprintable()
        and together == together.lower()
        and " |" not in f"{together}|"
    ):
        return media_ids
    lanes = [lane_of(media_id) for media_id in media_ids]
    return media_ids if lanes == media_ids else lanes


def _media_id(raw: bytes, value: object) -> str | None:
    """The id that the element names, as far as it can be read."""
    if isinstance(value, dict):
        media_id = value.get("internal_media_ID")
        return media_id if isinstance(media_id, str) else None
    found = _MEDIA_ID.search(raw)
    return found[1].decode() if found and value is None else None


def _text_digest(raw: bytes) -> bytes:
    """The digest of an element that is not sent: nobody asks whether it was delivered."""
    return blake2b(raw, digest_size=_DIGEST_BYTES).digest()

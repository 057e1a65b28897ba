"""Judges the elements of a segment: which are entries that may be sent, and what is wrong with the others.

Three rings (see `labels.findings`): the text and the import schema, the label configuration, the media of the project.
Each element is decoded into a form of what this input usually holds (`narrow_forms`), else into one that knows all
that is ordinary (`forms`); what does not fit either is looked at exactly. All ways give the same columns and digest.

That no key of an entry came twice is proven for all entries of a segment at once that fit the narrow form: the text
never has fewer colons than keys that arrive, in no entry, so if the sums are equal, the numbers of each entry are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, cast

import msgspec
import orjson
from msgspec import UNSET, UnsetType
from xxhash import xxh64_digest

from bulk_importer.intake.validation.flaw_collector import FlawCollector
from bulk_importer.intake.validation.forms.configured import ConfiguredForm
from bulk_importer.intake.validation.forms.narrow import Narrowing
from bulk_importer.intake.validation.forms.plain import (
    AnyEntry,
    PlainEntry,
    PlainForm,
    Tally,
    WideForm,
    digest_of,
    encode_canonically,
    ignored_keys,
)
from bulk_importer.intake.validation.geometries import add_geometries
from bulk_importer.intake.validation.schema import ImportSchema
from bulk_importer.intake.validation.segment_builder import KEEPS, Element, SegmentBuilder, text_digest
from bulk_importer.intake.validation.strict_json import parsed, repeats_a_key
from bulk_importer.labels.bounds import outside
from bulk_importer.labels.entry import lane_of, weight_of
from bulk_importer.labels.findings import CATALOGUE, severities
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.labels.meaning import Meaning, flaws_of_keys, flaws_of_origin
from bulk_importer.labels.pointers import shown
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.rules import MediaFlag, MediaRules
from bulk_importer.model import EntryRun, Finding, KeepData, Rejection, Severity
from bulk_importer.spans import Span

__all__ = ["Judge", "Judged", "Prove", "Rules"]

# Deep enough for anything that the server reads (about ten levels), and far from what any parser's stack holds.
_MAX_DEPTH = 128
# An id that is empty, or begins with a blank, comes before it.
_FIRST_LETTER = "!"
_ID = "/internal_media_ID"
_NOT_GIVEN = frozenset({"classification-omitted", "required-omitted"})
_MEDIA_ID = re.compile(rb'"internal_media_ID"\s*:\s*"([\x20\x21\x23-\x5b\x5d-\x7e]*)"')


@dataclass(frozen=True, slots=True)
class Rules:
    """What entries are held against; small, and made to be sent to worker processes.

    Attributes:
        label_config: what the classes and values of entries are held against; None: the schema alone.
        media_index: path of the index of the project's media; None: media are not looked at.
        media_rules: what an entry may do to a media.
        strict: warnings are errors.
        allow, deny: codes of findings that are only counted, or that are errors.
        max_depth: levels of nesting above which an element is refused unread.
        keep_warnings: hand over the warnings of accepted entries too, not only their number.
        is_report: what is judged is reported on and not sent: the geometries of accepted entries are counted by class,
            and digests are left out.
    """

    label_config: LabelConfig | None = None
    media_index: str | None = None
    media_rules: MediaRules = field(default_factory=MediaRules)
    strict: bool = False
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    max_depth: int = _MAX_DEPTH
    keep_warnings: bool = False
    is_report: bool = False

    def severities(self) -> dict[str, Severity]:
        """What each code counts as. Raises `UsageError` for codes that do not exist or cannot be allowed."""
        configured = self.label_config is not None
        return severities(strict=self.strict, allow=self.allow, deny=self.deny, configured=configured)


Prove: TypeAlias = Callable[[], tuple[Sequence[int], Sequence[int]]]
"""Delimits the elements of a segment once more, so that it is proven: their starts and lengths."""


class Judged(msgspec.Struct, frozen=True):
    """What judging a segment gave. Each element is in exactly one of `run`, `rejections` and `skipped`.

    Attributes:
        counts: number of findings by code, all severities.
        digests: eight bytes for each element, in order, those of the rejected and skipped ones included; nothing in
            a report.
        warnings: those of accepted entries, if the rules ask for them.
        geometries: those of accepted entries by class, in a report.
    """

    run: EntryRun
    rejections: tuple[Rejection, ...]
    skipped: tuple[Span, ...]
    counts: dict[str, int]
    digests: bytes
    warnings: tuple[Finding, ...] = ()
    geometries: dict[str, int] = {}


class _Head(NamedTuple):
    """The fields of an entry that the schema accepts which say what is done to which media."""

    internal_media_ID: str | UnsetType  # noqa: N815 - the key in the file
    keepData: bool | UnsetType  # noqa: N815 - the key in the file

    @classmethod
    def of(cls, value: dict[str, object]) -> _Head:
        media_id, keep = value.get("internal_media_ID", UNSET), value.get("keepData", UNSET)
        return cls(cast("str | UnsetType", media_id), cast("bool | UnsetType", keep))


class _Look(NamedTuple):
    """What the exact look gave; the columns (id, keepData, weight, digest) of what the schema accepts."""

    found: FlawCollector
    media_id: str | None
    columns: tuple[str, KeepData, int, bytes] | None = None


class Judge:
    """Judges segments by one set of rules. Build it once in each process: it compiles forms."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._severities = rules.severities()
        # Notes that these rules make more of; an entry that has one needs findings, not only a number.
        self._weighty = frozenset(
            code
            for code, severity in self._severities.items()
            if severity is not Severity.NOTE and CATALOGUE[code].severity is Severity.NOTE
        )
        self._media = MediaIndex(rules.media_index) if rules.media_index is not None else None
        self._schema = ImportSchema()
        self._meaning = Meaning(rules.label_config)
        form: WideForm = PlainForm()
        if rules.label_config is not None:
            form = ConfiguredForm(rules.label_config)
        self._decode: Callable[[bytes], PlainEntry] = msgspec.json.Decoder(form.type).decode
        self._tally: Callable[[PlainEntry], Tally | None] = form.tally
        self._decode_any = msgspec.json.Decoder(AnyEntry).decode
        self._narrowing = Narrowing(form)
        # The narrow form gives numbers of what is not given, no findings about it.
        self._may_narrow = self._weighty.isdisjoint(_NOT_GIVEN)
        self._scratch = bytearray()
        # Set for good when the colons of a segment did not account for its keys: its texts hold some.
        self._each_apart = False

    def judge(
        self,
        data: bytes,
        starts: Sequence[int],
        lengths: Sequence[int],
        *,
        first: int,
        offset: int,
        prove: Prove | None = None,
    ) -> Judged:
        """Judge the elements `data[starts[i] : starts[i] + lengths[i]]`.

        Args:
            data: the bytes of a segment. Its elements are delimited, and need not be strict JSON.
            first: position of element 0.
            offset: byte offset of `data[0]` in the source.
            prove: `starts` and `lengths` are a guess. Called once when an element does not decode, for the proven
                ones; these are the same up to there.
        """
        gathered = SegmentBuilder()
        apart: list[bytes] = []
        keys = 0
        elements = zip(starts, lengths, strict=True)
        while True:
            more, refused = self._accept_narrow(data, elements, gathered)
            keys += more
            if refused is None:
                break
            place = gathered.place
            element = Element(place, first + place, offset + starts[place], refused)
            if not self._accept_wide(element, gathered):
                if prove is not None:
                    (starts, lengths), prove = prove(), None
                    elements = zip(starts[place:], lengths[place:], strict=True)
                    continue
                self._look_closely(element, gathered)
            apart.append(refused)
        self._narrowing.look_back(len(starts), len(apart))
        if (
            keys
            and not self._each_apart
            and repeats_a_key(data[starts[0] : starts[-1] + lengths[-1]], keys, apart)
        ):
            self._each_apart = True
            # Not the judge that a subclass makes of it: what that does to the elements is done.
            return Judge.judge(self, data, starts, lengths, first=first, offset=offset)
        return Judged(
            gathered.run(data, starts, lengths, first=first, offset=offset),
            tuple(gathered.rejections),
            gathered.skipped.spans,
            dict(gathered.counts),
            b"" if self._rules.is_report else bytes(gathered.digests),
            tuple(gathered.warnings),
            dict(gathered.geometries),
        )

    def _accept_narrow(
        self, data: bytes, elements: Iterator[tuple[int, int]], gathered: SegmentBuilder
    ) -> tuple[int, bytes | None]:
        """Accept elements as long as they fit the narrow form; gives their keys, and the first that does not fit.

        Everything that an ordinary entry costs is in this loop.
        """
        form = self._narrowing.form if self._may_narrow else None
        if form is None:
            frame = next(elements, None)
            return 0, None if frame is None else data[frame[0] : sum(frame)]
        decode, count, scratch = form.decode, form.count, self._scratch
        is_free = self._media.is_free if self._media is not None else None
        each_apart, is_report = self._each_apart, self._rules.is_report
        media_ids, keeps, weights, digests = gathered.columns
        keys = omitted = required = 0
        refused = None
        for start, length in elements:
            raw = data[start : start + length]
            try:
                entry = decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                refused = raw
                break
            counted = count(entry)
            media_id = entry.internal_media_ID
            if (is_free and not is_free(media_id)) or counted.is_odd or media_id < _FIRST_LETTER:
                refused = raw
                break
            if each_apart and repeats_a_key(raw, counted.keys):
                refused = raw
                break
            keys += counted.keys
            omitted += counted.omitted
            required += counted.required
            media_ids.append(media_id)
            keeps.append(KEEPS[entry.keepData])
            weights.append(counted.weight)
            if is_report:
                form.add_geometries(entry)
            else:
                encode_canonically(entry, scratch)
                digests += xxh64_digest(scratch)
        if is_report:
            gathered.geometries.update(form.take_geometries())
        if omitted:
            gathered.counts["classification-omitted"] += omitted
        if required:
            gathered.counts["required-omitted"] += required
        return keys, refused

    def _accept_wide(self, element: Element, gathered: SegmentBuilder) -> bool:
        raw = element.raw
        try:
            entry = self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        tally = self._tally(entry)
        if tally is None or entry.internal_media_ID < _FIRST_LETTER:
            return False
        if tally.notes and not self._weighty.isdisjoint(code for code, _ in tally.notes):
            return False
        flaws = self._about_media(raw, entry) if self._media is not None else []
        if repeats_a_key(raw, tally.keys):
            ignored = ignored_keys(raw, tally.keys)
            if ignored is None:
                return False
            flaws += flaws_of_keys(ignored)
        media_id = entry.internal_media_ID
        if flaws:
            found = FlawCollector(self._severities)
            found.add(flaws)
            if found.has_error:
                return False
            self._count(found, element, media_id, gathered)
        else:
            self._narrowing.learn(raw)
        for code, number in tally.notes:
            gathered.counts[code] += number
        self._take(element, gathered, media_id, KEEPS[entry.keepData], tally.weight, digest_of(entry))
        return True

    def _take(
        self,
        element: Element,
        gathered: SegmentBuilder,
        media_id: str,
        keep: KeepData,
        weight: int,
        digest: bytes,
    ) -> None:
        gathered.accept(media_id, keep, weight, digest)
        if self._rules.is_report:
            add_geometries([element.raw], gathered.geometries)

    def _count(self, found: FlawCollector, element: Element, media_id: str, gathered: SegmentBuilder) -> None:
        """Count what does not keep an entry from being sent."""
        gathered.counts.update(found.counts)
        if self._rules.keep_warnings:
            gathered.warnings += found.findings(element, media_id)

    def _about_media(self, raw: bytes, entry: PlainEntry | _Head) -> list[Flaw]:
        """What there is to say about the media of an entry that the schema accepts."""
        media_id = entry.internal_media_ID
        if self._media is None or media_id is UNSET or _is_empty(media_id):
            return []
        lane = lane_of(media_id)
        flags = self._media.flags(lane)
        flaws = []
        if flags != MediaFlag.IMPORTABLE:
            flaws = list(self._rules.media_rules.flaws(media_id, flags, KEEPS[entry.keepData]))
        size = self._media.size(lane)
        if size is not None:
            flaws += outside(cast("dict[str, object]", orjson.loads(raw)), *size)
        return flaws

    def _look_closely(self, element: Element, gathered: SegmentBuilder) -> None:
        """The exact verdict about one element; everything that is wrong with it."""
        try:
            look = self._looked_at(element.raw)
        except RecursionError:  # `max_depth` may be set to more levels than a stack has left
            look = _Look(FlawCollector(self._severities), None)
            look.found.add([Flaw("too-deep", "", "fewer levels", "more than can be looked into")])
        if look is None:
            gathered.skip(element)
        elif look.columns is None or look.found.has_error:
            gathered.counts.update(look.found.counts)
            gathered.reject(element, look.found.findings(element, look.media_id))
        else:
            media_id, keep, weight, digest = look.columns
            self._count(look.found, element, media_id, gathered)
            self._take(element, gathered, media_id, keep, weight, digest)

    def _looked_at(self, raw: bytes) -> _Look | None:
        """What is wrong with an element, and its columns if it is an entry; None for a list of classes."""
        value, flaws = parsed(raw, max_depth=self._rules.max_depth)
        if isinstance(value, dict) and value.keys() == {"label_classes"} and not flaws:
            return None
        found = FlawCollector(self._severities)
        found.add(flaws)
        if not found.is_firm:
            self._hold_against_schema(value, found)
        if not isinstance(value, dict) or found.is_firm:
            return _Look(found, _media_id(raw, value))
        head = _Head.of(value)
        found.add(self._about_media(raw, head))
        media_id = str(head.internal_media_ID)
        if found.has_error:
            return _Look(found, media_id)
        digest = self._digest_of(raw)
        return _Look(found, media_id, (media_id, KEEPS[head.keepData], weight_of(value), digest))

    def _hold_against_schema(self, value: object, found: FlawCollector) -> None:
        """What the schema has against an element, or else what its meaning has."""
        if isinstance(value, dict):
            media_id = value.get("internal_media_ID", UNSET)
            if media_id is UNSET:
                found.add([Flaw("media-id-missing", "", "internal_media_ID", shown(list(value)))])
            elif _is_empty(media_id):
                found.add([Flaw("media-id-empty", _ID, "the id of a media", shown(media_id))])
        if not self._schema.accepts(value):
            found.add(self._schema.flaws(value))
            if isinstance(value, dict):
                found.add(flaws_of_origin(value))
        elif isinstance(value, dict):
            found.add(self._meaning.flaws(value))

    def _digest_of(self, raw: bytes) -> bytes:
        """The digest of an entry that the schema accepts."""
        try:
            return digest_of(self._decode_any(raw))
        except (msgspec.DecodeError, OverflowError):
            # Numbers that no double can be, or whole ones of more than 64 bits where the server does not read.
            return text_digest(raw)


def _is_empty(media_id: object) -> bool:
    """Whether it is an id of blanks alone, which the server's database compares as an empty one."""
    return isinstance(media_id, str) and not media_id.strip(" ")


def _media_id(raw: bytes, value: object) -> str | None:
    """The id that the element names, as far as it can be read."""
    if isinstance(value, dict):
        media_id = value.get("internal_media_ID")
        return media_id if isinstance(media_id, str) else None
    found = _MEDIA_ID.search(raw)
    return found[1].decode() if found and value is None else None

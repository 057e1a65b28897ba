"""Judges the elements of a segment: which are entries that may be sent, and what is wrong with the others.

Three rings (see `labels.flaws.Ring`): the text and the import schema, the label configuration, the media of the
project. Each element is decoded into a form of what this input usually holds, else into the wide form, which knows all
that is ordinary (`forms.form`); what does not fit either is looked at exactly. All ways give the same columns and
digest.

That no key of an entry came twice is proven at once for all entries of a segment that fit the narrow form: no entry has
fewer colons in its text than keys that arrive, so if the sums are equal, the numbers of each entry are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

import msgspec
import orjson
from msgspec import UNSET, UnsetType
from xxhash import xxh64_digest

from bulk_importer.intake.validation.flaw_collector import FlawCollector
from bulk_importer.intake.validation.forms.allowed import OPEN, spec_of
from bulk_importer.intake.validation.forms.code import Form
from bulk_importer.intake.validation.forms.digest import AnyEntry, digest_of
from bulk_importer.intake.validation.forms.form import NOTES, EntryForm
from bulk_importer.intake.validation.forms.learning import Narrowing
from bulk_importer.intake.validation.geometries import add_decoded, add_geometries
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.intake.validation.schema import ImportSchema
from bulk_importer.intake.validation.segment_builder import KEEPS, Judged, SegmentBuilder, text_digest
from bulk_importer.intake.validation.strict_json import ignored_keys, parsed, repeats_a_key
from bulk_importer.labels.bounds import outside
from bulk_importer.labels.entry import lane_of, weight_of
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.meaning import Meaning, flaws_of_keys, flaws_of_origin
from bulk_importer.labels.pointers import shown
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.rules import MediaFlag
from bulk_importer.model import KeepData, Severity

__all__ = ["Judge"]

# An id that is empty, or begins with a blank, comes before it.
_FIRST_LETTER = "!"
_ID = "/internal_media_ID"
# What forms count; an entry of which more has to be said is nothing to learn from, whatever that counts as.
_NOTES = frozenset(NOTES.values())
_decode_raw = msgspec.json.Decoder(msgspec.Raw).decode
_MEDIA_ID = re.compile(rb'"internal_media_ID"\s*:\s*"([\x20\x21\x23-\x5b\x5d-\x7e]*)"')


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
    """Judges segments by one set of rules. Build it once in each process: it compiles forms.

    Attributes:
        severities: what each code counts as.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.severities = rules.severities()
        # Notes that these rules raise to warnings or errors; an entry that has one needs findings, not only a number.
        self._raised = frozenset(
            code
            for code, severity in self.severities.items()
            if severity is not Severity.NOTE and CATALOGUE[code].severity is Severity.NOTE
        )
        self._media = MediaIndex(rules.media_index) if rules.media_index is not None else None
        self._schema = ImportSchema()
        self._meaning = Meaning(rules.label_config)
        spec = OPEN if rules.label_config is None else spec_of(rules.label_config)
        self._wide = EntryForm(spec)
        self._decode_any = msgspec.json.Decoder(AnyEntry).decode
        self._narrowing = Narrowing(spec)
        # Forms give numbers of notes, no findings.
        self._notes_are_numbers = self._raised.isdisjoint(_NOTES)
        self._scratch = bytearray()
        # Set for good when the colons of a segment did not account for its keys: its texts hold some.
        self._counts_each = False

    def judge(self, data: bytes, starts: Sequence[int], lengths: Sequence[int]) -> Judged:
        """Judge the elements `data[starts[i] : starts[i] + lengths[i]]`, which need not be strict JSON."""
        judged = self._judged(data, starts, lengths, is_guess=False)
        assert judged is not None
        return judged

    def judge_guess(self, data: bytes, starts: Sequence[int], lengths: Sequence[int]) -> Judged | None:
        """Judge elements of which `starts` and `lengths` are a guess (see `frame_at_joints`), and prove the guess.

        It is proven when each element is one JSON value by itself. None where one is not: then it may be that elements
        end elsewhere, and nothing is known.
        """
        return self._judged(data, starts, lengths, is_guess=True)

    def _judged(
        self, data: bytes, starts: Sequence[int], lengths: Sequence[int], *, is_guess: bool
    ) -> Judged | None:
        builder = self._judge_each(data, starts, lengths, is_guess=is_guess)
        if builder is None:
            return None
        return builder.judged(data, starts, lengths, is_report=self._rules.is_report)

    def _judge_each(
        self, data: bytes, starts: Sequence[int], lengths: Sequence[int], *, is_guess: bool
    ) -> SegmentBuilder | None:
        """What comes of the elements; None where `is_guess` and one of them is no JSON."""
        builder = SegmentBuilder()
        keys = 0
        excluded: list[bytes] = []  # elements of which `keys` holds none
        raws = (data[start : start + length] for start, length in zip(starts, lengths, strict=True))
        is_resting = self._narrowing.is_resting
        while builder.index < len(starts):
            misfits: Iterable[bytes] = raws
            if not is_resting:
                more, refused = self._accept_narrow(raws, builder)
                keys += more
                if refused is None:
                    break
                excluded.append(refused)
                misfits = (refused,)
            odd = self._accept_wide(misfits, builder)
            if odd is None:
                continue
            # What a form or the exact look accepts was decoded as a whole; what they refuse need not be one element.
            if is_guess and not _is_one_value(odd):
                return None
            self._look_closely(odd, builder)
        self._narrowing.look_back(len(starts), len(excluded))
        if (
            keys
            and not self._counts_each
            and repeats_a_key(data[starts[0] : starts[-1] + lengths[-1]], keys, excluded)
        ):
            self._counts_each = True
            return self._judge_each(data, starts, lengths, is_guess=is_guess)
        return builder

    def _accept_narrow(self, raws: Iterator[bytes], builder: SegmentBuilder) -> tuple[int, bytes | None]:
        """Accept elements as long as they fit the narrow form; gives their keys, and the first that does not fit.

        Everything that an ordinary entry costs is in this loop.
        """
        form = self._narrowing.form if self._notes_are_numbers else None
        if form is None:
            return 0, next(raws, None)
        decode, count, encode, scratch = form.decode, form.count, form.encode, self._scratch
        is_free = self._media.is_free if self._media is not None else None
        counts_each, is_report = self._counts_each, self._rules.is_report
        media_ids, keeps, weights, digests = builder.columns
        keys = 0
        refused = None
        for raw in raws:
            try:
                entry = decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                refused = raw
                break
            media_id = entry.internal_media_ID
            if (is_free and not is_free(media_id)) or media_id < _FIRST_LETTER:
                refused = raw
                break
            counted = count(entry)
            if counted is None:
                refused = raw
                break
            arrived, weight = counted
            if counts_each and repeats_a_key(raw, arrived):
                form.uncount(entry)
                refused = raw
                break
            keys += arrived
            media_ids.append(media_id)
            keeps.append(KEEPS[entry.keepData])
            weights.append(weight)
            if not is_report:
                encode(entry, scratch)
                digests += xxh64_digest(scratch)
        builder.geometries.update(form.take_geometries())
        builder.counts.update(form.take_notes())
        return keys, refused

    def _accept_wide(self, raws: Iterable[bytes], builder: SegmentBuilder) -> bytes | None:
        """Accept elements as long as they fit the wide form, and learn from them; gives the first that does not fit."""
        form, scratch = self._wide, self._scratch
        is_free = self._media.is_free if self._media is not None else None
        is_report = self._rules.is_report
        media_ids, keeps, weights, digests = builder.columns
        for raw in raws:
            try:
                entry = form.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return raw
            media_id = entry.internal_media_ID
            counted = form.count(entry) if media_id >= _FIRST_LETTER else None
            if counted is None:
                return raw
            (keys, weight), notes = counted, form.take_notes()
            if not self._raised.isdisjoint(notes):
                return raw
            ignored = ignored_keys(raw, keys) if repeats_a_key(raw, keys) else ()
            if ignored is None:
                return raw
            if (ignored or (is_free and not is_free(media_id))) and not self._count_flaws(
                raw, entry, ignored, builder
            ):
                return raw
            self._narrowing.learn(raw)
            builder.counts.update(notes)
            media_ids.append(media_id)
            keeps.append(KEEPS[entry.keepData])
            weights.append(weight)
            add_decoded(raw, entry.labels, builder.geometries)
            if not is_report:
                form.encode(entry, scratch)
                digests += xxh64_digest(scratch)
        return None

    def _count_flaws(self, raw: bytes, entry: Form, ignored: Iterable[str], builder: SegmentBuilder) -> bool:
        """Count what is wrong with the media and the `ignored` keys of an entry; nothing, and False, if it rejects."""
        flaws = [*self._about_media(raw, entry), *flaws_of_keys(ignored)]
        found = FlawCollector(self.severities)
        found.add(flaws)
        if found.has_error:
            return False
        self._count(found, entry.internal_media_ID, builder)
        return True

    def _count(self, found: FlawCollector, media_id: str, builder: SegmentBuilder) -> None:
        """Count what does not keep an entry from being sent."""
        builder.counts.update(found.counts)
        if self._rules.keep_warnings:
            builder.warn(media_id, found.flaws)

    def _about_media(self, raw: bytes, entry: Form) -> list[Flaw]:
        """The flaws that concern the media of an entry that the schema accepts."""
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

    def _look_closely(self, raw: bytes, builder: SegmentBuilder) -> None:
        """The exact verdict about one element; everything that is wrong with it."""
        try:
            look = self._looked_at(raw)
        except RecursionError:  # `max_depth` may be set to more levels than a stack has left
            look = _Look(FlawCollector(self.severities), None)
            look.found.add([Flaw("too-deep", "", "fewer levels", "more than can be looked into")])
        if look is None:
            builder.skip(raw)
        elif look.columns is None or look.found.has_error:
            builder.counts.update(look.found.counts)
            builder.reject(raw, look.media_id, look.found.flaws)
        else:
            media_id, keep, weight, digest = look.columns
            if look.found.counts.keys() <= _NOTES:
                self._narrowing.learn(raw)
            self._count(look.found, media_id, builder)
            builder.accept(media_id, keep, weight, digest)
            add_geometries([raw], builder.geometries)

    def _looked_at(self, raw: bytes) -> _Look | None:
        """What is wrong with an element, and its columns if it is an entry; None for a list of classes."""
        value, flaws = parsed(raw, max_depth=self._rules.max_depth)
        if isinstance(value, dict) and value.keys() == {"label_classes"} and not flaws:
            return None
        found = FlawCollector(self.severities)
        found.add(flaws)
        if not found.is_firm:
            self._check(value, found)
        if not isinstance(value, dict) or found.is_firm:
            return _Look(found, _media_id(raw, value))
        head = _Head.of(value)
        found.add(self._about_media(raw, head))
        media_id = str(head.internal_media_ID)
        if found.has_error:
            return _Look(found, media_id)
        digest = self._digest_of(raw)
        return _Look(found, media_id, (media_id, KEEPS[head.keepData], weight_of(value), digest))

    def _check(self, value: object, found: FlawCollector) -> None:
        """Find what is wrong with an element under the import schema, or else with what it means."""
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


def _is_one_value(raw: bytes) -> bool:
    """Whether the bytes are one JSON value and nothing else, to the decoder by which segments are framed."""
    try:
        _decode_raw(raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


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

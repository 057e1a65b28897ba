"""Lets entries name their media by file name (`external_media_ID`): puts the id in before they are judged.

An entry that has an id is sent as it is; its name, if it has one, must not mean another media. To one that has none the
id of the media is added in front of its other keys, and nothing else of it is changed. The bytes of such a segment are
not those of the source any more: its run carries them itself, and only findings made here know where an entry stands
in the source. (For an entry that the server refuses later, the offset counts in these bytes.)
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import msgspec
from msgspec.structs import replace

from bulk_importer.intake.validation.geometries import geometries_in
from bulk_importer.intake.validation.judge import Judge, Judged, Prove, Rules
from bulk_importer.labels.entry import lane_of
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.pointers import shown
from bulk_importer.media.name_index import NameIndex, SeveralMedia
from bulk_importer.model import Finding, Rejection

__all__ = ["NamedRules", "NamingJudge", "judge_for"]

_NAME = "/external_media_ID"
_NO_ID = "media-id-missing"


@dataclass(frozen=True, slots=True)
class NamedRules(Rules):
    """Rules for entries that may name their media by file name.

    Attributes:
        names: path of the index of names.
    """

    names: str = ""

    @classmethod
    def of(cls, rules: Rules, names: str) -> Self:
        """The same rules, with names."""
        return cls(**{each.name: getattr(rules, each.name) for each in fields(rules)}, names=names)


class _Ids(msgspec.Struct):
    internal_media_ID: str | None = None  # noqa: N815 - the key in the entry
    external_media_ID: str | None = None  # noqa: N815 - likewise


def judge_for(rules: Rules) -> Judge:
    """The judge that these rules need."""
    return NamingJudge(rules) if isinstance(rules, NamedRules) else Judge(rules)


class NamingJudge(Judge):
    """Judges segments whose entries may name their media by file name."""

    def __init__(self, rules: NamedRules) -> None:
        super().__init__(rules)
        self._names = NameIndex(rules.names)
        self._decode_ids = msgspec.json.Decoder(_Ids).decode

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
        """As `Judge.judge`; where an id was put in, `run.data` is not `data`."""
        if prove is not None:  # only what is delimited for certain can be given an id
            starts, lengths = prove()
        raws = [data[start : start + length] for start, length in zip(starts, lengths, strict=True)]
        flaws: dict[int, Flaw] = {}
        named = list(raws)
        for place, raw in enumerate(raws):
            found = self._named(raw)
            if isinstance(found, Flaw):
                flaws[first + place] = found
            elif found is not None:
                named[place] = found
        if all(now is before for now, before in zip(named, raws, strict=True)):
            judged = super().judge(data, starts, lengths, first=first, offset=offset)
        else:
            new_lengths = array("q", map(len, named))
            judged = super().judge(
                b",".join(named), _sums(new_lengths), new_lengths, first=first, offset=offset
            )
        places = {first + place: offset + start for place, start in enumerate(starts)}
        judged = _replaced(judged, places, {first + place: raw for place, raw in enumerate(raws)})
        return _rejecting(judged, flaws, places, dict(zip(places, raws, strict=True))) if flaws else judged

    def _named(self, raw: bytes) -> bytes | Flaw | None:
        """The entry with the id of its media; None where it stays as it is; what is wrong with its name."""
        try:
            ids = self._decode_ids(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None  # the judge says what is wrong
        name, given = ids.external_media_ID, ids.internal_media_ID
        if name is None:
            return None
        try:
            media_id = self._names.find(name)
        except SeveralMedia:
            if given is not None:
                return None
            return Flaw("media-name-ambiguous", _NAME, "a name that one media has", shown(name))
        if given is not None:
            if media_id is None or lane_of(media_id) == lane_of(given):
                return None
            return Flaw("media-name-contradicts", _NAME, f"the name of {shown(given)}", shown(name))
        if media_id is None:
            return Flaw("media-name-unknown", _NAME, "the name of a media of the project", shown(name))
        return b'{"internal_media_ID":%b,%b' % (msgspec.json.encode(media_id), raw[1:])


def _sums(lengths: Sequence[int]) -> array[int]:
    """Where each of the pieces begins when they are joined by commas, as neighbours are in a body."""
    starts, at = array("q"), 0
    for length in lengths:
        starts.append(at)
        at += length + 1
    return starts


def _replaced(judged: Judged, offsets: dict[int, int], raws: dict[int, bytes]) -> Judged:
    """With offsets and bytes of what is rejected as they are in the source."""

    def moved(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(replace(finding, offset=offsets[finding.position]) for finding in findings)

    rejections = tuple(
        replace(each, offset=offsets[each.position], raw=raws[each.position], findings=moved(each.findings))
        for each in judged.rejections
    )
    return replace(judged, rejections=rejections, warnings=moved(judged.warnings))


def _rejecting(
    judged: Judged, flaws: dict[int, Flaw], offsets: dict[int, int], raws: dict[int, bytes]
) -> Judged:
    """With the entries rejected whose name is wrong, in place of what was said about a missing id."""
    counts = Counter(judged.counts)
    before = {each.position: each for each in judged.rejections}
    run = judged.run
    accepted = {position: run.media_ids[at] for at, position in enumerate(run.positions) if position in flaws}
    for position, flaw in flaws.items():
        already = before.get(position)
        others = tuple(each for each in already.findings if each.code != _NO_ID) if already else ()
        if already is not None and len(others) < len(already.findings):
            counts[_NO_ID] -= 1
        counts[flaw.code] += 1
        kind = CATALOGUE[flaw.code]
        finding = Finding(
            code=flaw.code,
            severity=kind.severity,
            position=position,
            offset=offsets[position],
            media_id=already.media_id if already else accepted.get(position),
            pointer=flaw.pointer,
            expected=flaw.expected,
            found=flaw.found,
            advice=kind.advice,
        )
        before[position] = Rejection(
            position=position,
            offset=offsets[position],
            media_id=finding.media_id,
            findings=(finding, *others),
            raw=raws[position],
        )
    kept = run.take([at for at, position in enumerate(run.positions) if position not in flaws])
    return replace(
        judged,
        run=kept,
        rejections=tuple(before[position] for position in sorted(before)),
        counts={code: count for code, count in counts.items() if count},
        warnings=tuple(each for each in judged.warnings if each.position not in flaws),
        geometries=dict(geometries_in(kept)) if judged.geometries and accepted else judged.geometries,
    )

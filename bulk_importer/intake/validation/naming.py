"""Lets entries name their media by file name (`external_media_ID`): puts the id in before they are judged.

An entry that has an id is sent as it is; its name, if it has one, must not mean another media. To one that has none the
id of the media is added in front of its other keys, and nothing else of it is changed. The bytes of such a segment are
not those of the source any more: its run carries them itself. (For an entry that the server refuses later, the offset
counts in these bytes.)
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Self

import msgspec
from msgspec.structs import replace

from bulk_importer.intake.validation.geometries import geometries_in
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.intake.validation.segment_builder import Flawed, Judged
from bulk_importer.labels.entry import lane_of
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.pointers import shown
from bulk_importer.media.names.contested import ContestedNames
from bulk_importer.media.names.index import NameIndex, SeveralMedia
from bulk_importer.media.names.near import NearNames

__all__ = ["NamedRules", "NamingJudge", "judge_for"]

_NAME = "/external_media_ID"
_NO_ID = "media-id-missing"


class NamedRules(Rules, frozen=True):
    """Rules for entries that may name their media by file name.

    Attributes:
        names: path of the index of names.
        contested: folder of the names that mean a media which another picture of the source means, too; None where
            none does.
    """

    names: str = ""
    contested: str | None = None

    @classmethod
    def of(cls, rules: Rules, names: str) -> Self:
        """The same as `rules`, with the index of names at the path `names`."""
        return cls(**msgspec.structs.asdict(rules), names=names)


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
        self._near = NearNames(rules.names)
        self._contested = None if rules.contested is None else ContestedNames(rules.contested, self._names)
        self._decode_ids = msgspec.json.Decoder(_Ids).decode

    def _judged(
        self, data: bytes, starts: Sequence[int], lengths: Sequence[int], *, is_guess: bool
    ) -> Judged | None:
        """Put ids in, then judge as `Judge` does; where one was put in, `run.data` is not `data`."""
        raws = [data[start : start + length] for start, length in zip(starts, lengths, strict=True)]
        flaws: dict[int, Flaw] = {}
        named = list(raws)
        for index, raw in enumerate(raws):
            found = self._named(raw)
            if isinstance(found, Flaw):
                flaws[index] = found
            elif found is not None:
                named[index] = found
        if any(now is not before for now, before in zip(named, raws, strict=True)):
            lengths = array("q", map(len, named))
            data, starts = b",".join(named), _sums(lengths)
        judged = super()._judged(data, starts, lengths, is_guess=is_guess)
        return _rejecting(judged, flaws) if judged is not None and flaws else judged

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
        except SeveralMedia as several:
            if given is not None:
                return None
            expected = f"a name that one media has, and not {', '.join(several.media_ids)}"
            return Flaw("media-name-ambiguous", _NAME, expected, shown(name))
        is_contested = media_id is not None and self._contested is not None and name in self._contested
        if given is not None:
            if media_id is None or is_contested or lane_of(media_id) == lane_of(given):
                return None
            return Flaw("media-name-contradicts", _NAME, f"the name of {shown(given)}", shown(name))
        if media_id is None:
            return Flaw("media-name-unknown", _NAME, self._meant(name), shown(name))
        if is_contested:
            return Flaw("media-name-contested", _NAME, self._told_apart(name, media_id), shown(name))
        return b'{"internal_media_ID":%b,%b' % (msgspec.json.encode(media_id), raw[1:])

    def _meant(self, name: str) -> str:
        """What may stand in place of a name that no media has, for people."""
        near = " or ".join(map(shown, self._near.like(name)))
        return (
            f"the name of a media of the project, such as {near}"
            if near
            else "the name of a media of the project"
        )

    def _told_apart(self, name: str, media_id: str) -> str:
        """What may stand in place of a name whose media another picture means, too, for people."""
        assert self._contested is not None
        rivals = " and ".join(map(shown, self._contested.rivals(name, media_id))) or "another picture"
        return f"a name that no other picture shares, as media {media_id} is meant by {rivals}, too"


def _sums(lengths: Sequence[int]) -> array[int]:
    """Where each of the pieces begins when they are joined by commas, as neighbours are in a body."""
    starts, at = array("q"), 0
    for length in lengths:
        starts.append(at)
        at += length + 1
    return starts


def _rejecting(judged: Judged, flaws: dict[int, Flaw]) -> Judged:
    """The same with the entries rejected whose name is wrong, in place of what was found about a missing id."""
    counts = Counter(judged.counts)
    rejected = {each.index: each for each in judged.rejected}
    run = judged.run
    accepted = {index: run.media_ids[at] for at, index in enumerate(run.positions) if index in flaws}
    for index, flaw in flaws.items():
        before = rejected.get(index, Flawed(index, accepted.get(index), ()))
        others = tuple(each for each in before.flaws if each.code != _NO_ID)
        counts[_NO_ID] -= len(before.flaws) - len(others)
        counts[flaw.code] += 1
        rejected[index] = Flawed(index, before.media_id, (flaw, *others))
    kept = run.take([at for at, index in enumerate(run.positions) if index not in flaws])
    return replace(
        judged,
        run=kept,
        rejected=tuple(rejected[index] for index in sorted(rejected)),
        counts={code: count for code, count in counts.items() if count},
        warned=tuple(each for each in judged.warned if each.index not in flaws),
        geometries=dict(geometries_in(kept)) if judged.geometries and accepted else judged.geometries,
    )

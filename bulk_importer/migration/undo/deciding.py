"""Decides what brings one media back to what it held before an import. Pure.

What the media should hold now follows from what it held before and from what was delivered to it. If it does hold
that, nobody has changed it since, and writing back what was there loses nothing. If it does not, somebody has, and the
media is left alone.

What a media held before was saved where the import deleted or changed a label of it. Where it only added geometries
nothing was saved: what was there is what is there now without them. Where it emptied the media and nothing was saved
(`--backup never`, or nobody knew what media held), what was there is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bulk_importer.labels.holding import Difference, Holding, without_geometries

__all__ = ["Edited", "Restore", "Touched", "Untouched", "decide"]


@dataclass(frozen=True, slots=True)
class Touched:
    """One media that an import sent something to.

    Attributes:
        delivered: the entries that were delivered to it, in their order; where something was saved, those behind that.
        saved: what it held then, as entries the first of which empties it; None where it was not saved.
        earlier: what had been delivered before that, which only added geometries.
        is_taken_back: an earlier undo took it out already; geometries that are equal to it are of others.
    """

    delivered: Sequence[bytes]
    saved: Sequence[bytes] | None = None
    earlier: Sequence[bytes] = ()
    is_taken_back: bool = False


@dataclass(frozen=True, slots=True)
class Restore:
    """Send these entries: the first of them empties the media."""

    entries: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Untouched:
    """The media holds what it held before: there is nothing to send."""


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody has changed the media since.

    Attributes:
        differences: between what it should hold and what it holds; empty where labels were deleted, or a value was set,
            that nobody saved.
        entries: what it held before, for who wants it back all the same; None where that is not known.
    """

    differences: Sequence[Difference]
    entries: Sequence[bytes] | None


def decide(touched: Touched, now: Sequence[bytes]) -> Restore | Untouched | Edited:
    """What to do with a media that an import touched.

    Args:
        now: what it holds, as entries the first of which empties it.

    Raises:
        msgspec.MsgspecError: an entry is none that the server accepts.
    """
    held = Holding.of(now)
    if touched.saved is None and Holding.is_emptied_by(touched.delivered):
        return Edited([], None)
    if touched.saved is None and touched.is_taken_back:
        return Untouched()
    if touched.saved is None:
        return _without_what_was_added(Holding.of(touched.delivered), now, held)
    saved = Holding.of(touched.saved)
    before = _before(touched, saved)
    if before is not None and held == Holding.of(before):
        return Untouched()
    expected = saved.after(touched.delivered)
    if before is not None and held == expected:
        return Restore(before)
    return Edited(expected.differences(held), before)


def _before(touched: Touched, saved: Holding) -> Sequence[bytes] | None:
    """What the media held before anything was delivered to it; None where somebody changed it between two entries."""
    earlier = Holding.of(touched.earlier)
    if not earlier:
        return touched.saved
    if earlier.answers or saved.without(earlier) is None:
        return None
    return without_geometries(touched.saved or (), earlier.geometries)


def _without_what_was_added(
    added: Holding, now: Sequence[bytes], held: Holding
) -> Restore | Untouched | Edited:
    """The same for a media of which nothing was saved, and all that it held was to stay."""
    if not added:
        return Untouched()
    if not added.answers and held.without(added) is not None:
        return Restore(without_geometries(now, added.geometries))
    missing = (each for each in added.differences(held) if each.only_first)
    return Edited([Difference(each.key, each.only_first, 0) for each in missing], None)

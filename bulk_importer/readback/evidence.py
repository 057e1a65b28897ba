"""Decides from the labels of media whether a request whose answer was lost was executed. Pure.

A request is atomic (protocol 2.8): what became of one media became of all. So a few media decide, and those
with geometries tell most, because each geometry is a new row with the time of its creation:

- *landed*: every geometry that was sent is there, as often as it was sent, created after the request left;
- *absent*: none of them is;
- a *mixture* proves nothing: somebody edited the media meanwhile.

What a media held before is not known, so equal values from before the request must not count. They are told by
their timestamps, against the time of sending on the server's clock, which is known from the `Date` headers of its
answers to within an interval (`ServerClock`). Global classifications are weak evidence: they are changed in place and
keep their old time, so an equal value may have been there before; one that differs was not written.

Absence is not failure: the request may still run and commit later. It means owed only when the request can no longer
be running, which is for the caller to know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain

import msgspec

from bulk_importer.labels.entry import lane_of

__all__ = ["Evidence", "ExpectedLabels", "HeldValue", "evidence_of"]


class Evidence(Enum):
    """What one media says about a request."""

    LANDED = "landed"
    ABSENT = "absent"
    MIXED = "mixed"
    SILENT = "silent"


_Geometry = tuple[str, tuple[float, ...]]


@dataclass(slots=True)
class ExpectedLabels:
    """What one media would hold of a request, if the request had been executed.

    Attributes:
        geometries: class and coordinates -> how often.
        values: root classification -> what it was set to, sorted; the last entry that sets it counts.
        replaces: everything that the media held before would be gone.
    """

    geometries: Counter[_Geometry] = field(default_factory=Counter)
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    replaces: bool = False

    @classmethod
    def of(cls, entries: Iterable[bytes]) -> ExpectedLabels:
        """What the entries of one media in a request would leave, in the order of its array."""
        expected = cls()
        for raw in entries:
            entry = _read_entry(raw)
            if entry.keepData is False:
                expected = cls(replaces=True)
            for key, items in entry.labels.items():
                expected.geometries.update(
                    (lane_of(key), _numbers(item.points())) for item in items if item.points()
                )
            for key, values in entry.global_classifications.items():
                texts = tuple(sorted(value for value in values if isinstance(value, str)))
                if texts:
                    expected.values[lane_of(key)] = texts
        return expected


class HeldValue(msgspec.Struct, frozen=True, rename="camel"):
    """A root value of a media, as the server tells it (protocol 3.4). `timestamp` is in milliseconds."""

    timestamp: int
    entry_key_lc_entry: str
    point: dict[str, object] | None = None
    points: tuple[dict[str, object], ...] = ()
    width: float | None = None
    height: float | None = None
    select_key: str | None = None
    checked_values: tuple[str, ...] | None = None
    text: str | None = None

    def geometry(self) -> _Geometry | None:
        """The class and the coordinates of a geometry; None for a classification."""
        points = self.points or ((self.point,) if self.point else ())
        if not points:
            return None
        size = () if self.width is None else (self.width, self.height or 0.0)
        return lane_of(self.entry_key_lc_entry), (*_numbers(points), *size)

    def texts(self) -> tuple[str, ...]:
        """The values that a classification is set to, sorted; empty where it is not set."""
        single = self.select_key if self.select_key is not None else self.text
        return tuple(sorted(self.checked_values or ())) if single is None else (single,)


def evidence_of(expected: ExpectedLabels, held: Sequence[HeldValue], since: float) -> Evidence:
    """What the labels of one media say about a request.

    Args:
        held: its root values now.
        since: the earliest time on the server's clock (seconds since 1970) at which the request can have arrived.
    """
    fresh = [value for value in held if value.timestamp >= since * 1000]
    if expected.geometries:
        there = Counter(geometry for value in fresh if (geometry := value.geometry()))
        found = [there[geometry] >= count for geometry, count in expected.geometries.items()]
        if all(found):
            return Evidence.LANDED
        return Evidence.MIXED if any(there[geometry] for geometry in expected.geometries) else Evidence.ABSENT
    return _weak_evidence_of(expected, held, fresh)


def _weak_evidence_of(
    expected: ExpectedLabels, held: Sequence[HeldValue], fresh: Sequence[HeldValue]
) -> Evidence:
    if not expected.values:
        return Evidence.SILENT
    now = {lane_of(value.entry_key_lc_entry): value.texts() for value in held}
    if any(now.get(key, ()) != texts for key, texts in expected.values.items()):
        return Evidence.ABSENT
    new = {lane_of(value.entry_key_lc_entry) for value in fresh}
    if new & expected.values.keys():
        return Evidence.LANDED
    # The rows are older than the request: one that replaces would have made them anew.
    return Evidence.ABSENT if expected.replaces else Evidence.SILENT


class _Item(msgspec.Struct, frozen=True):
    polygon: tuple[dict[str, object], ...] = ()
    rectangle: tuple[dict[str, object], ...] = ()
    line: tuple[dict[str, object], ...] = ()
    point: tuple[dict[str, object], ...] = ()
    geometry: tuple[dict[str, object], ...] = ()

    def points(self) -> tuple[dict[str, object], ...]:
        """All of its points, in the order in which the server reads the forms."""
        return tuple(chain(self.polygon, self.rectangle, self.line, self.point, self.geometry))


class _Entry(msgspec.Struct, frozen=True):
    keepData: bool | None = None  # noqa: N815 - the name on the wire
    labels: dict[str, tuple[_Item, ...]] = {}
    global_classifications: dict[str, tuple[object, ...]] = {}


_read_entry = msgspec.json.Decoder(_Entry).decode


def _numbers(points: Iterable[dict[str, object]]) -> tuple[float, ...]:
    """The coordinates of points as doubles, which is how the server keeps them."""
    return tuple(float(str(point[key])) for point in points for key in ("x", "y", "w", "h") if key in point)

"""Judges elements as one segment of a source, and puts what comes of it where that segment stands."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from bulk_importer.intake.framing.scan import Scan
from bulk_importer.intake.placing import placed
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.model import Segment, SegmentKey

__all__ = ["judged"]


def judged(
    judge: Judge, *elements: bytes | Mapping[str, Any], joint: bytes = b",\n", first: int = 0, offset: int = 0
) -> Segment:
    """The segment of these elements with `joint` between them; it begins at position `first` and byte `offset`."""
    raws = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in elements]
    data = joint.join(raws)
    lengths = array("q", map(len, raws))
    starts = array("q", accumulate((length + len(joint) for length in lengths[:-1]), initial=0))
    key = SegmentKey(first, len(raws), offset, len(data), "")
    return placed(key, Scan(starts, lengths), judge.judge(data, starts, lengths), data, judge.severities)

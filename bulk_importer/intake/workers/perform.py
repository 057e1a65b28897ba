"""What a worker does to one stretch of the source: delimit its elements, prove them, have them judged."""

from __future__ import annotations

from array import array

import msgspec
from msgspec.structs import replace
from xxhash import xxh3_128_hexdigest

from bulk_importer.intake.framing.exact import complaint
from bulk_importer.intake.framing.scan import BLANKS, Damage, Scan, scan
from bulk_importer.intake.framing.segments import Frames, frame, frame_at_joints, frame_lines, joint_before
from bulk_importer.intake.job import Job, JobResult
from bulk_importer.intake.validation.judge import Judge

__all__ = ["perform"]

_ID_KEY = b'"internal_media_ID"'

_element = msgspec.json.Decoder(msgspec.Raw)


def perform(judge: Judge, job: Job, data: bytes) -> JobResult:
    """Do `job` on the bytes that it names."""
    found = _guessed(job, data)
    judged = judge.judge_guess(data, found.starts, found.lengths) if found else None
    if found is None or judged is None:
        found = _delimited(job, data)
        judged = judge.judge(data, found.starts, found.lengths)
    starts, lengths = found.starts, found.lengths
    if not starts:
        return JobResult(found)
    digest = xxh3_128_hexdigest(memoryview(data)[: found.consumed])
    joint = joint_before(data, starts[-1], starts[-2] + lengths[-2]) if len(starts) > 1 else b""
    if judged.run.data is data:
        judged = replace(judged, run=replace(judged.run, data=b""))
    return JobResult(found, digest, joint, judged)


def _guessed(job: Job, data: bytes) -> Scan | None:
    """The elements of the stretch by a guess (see `frame_at_joints`), if there is one, and nothing else in its way."""
    if not job.joint or job.lines or not _is_worth_a_try(job):
        return None
    stop, end = _array_end(job, data)
    if job.at_end and end is None:
        return None
    frames = frame_at_joints(data, job.joint, comma=job.comma, stop=stop)
    if frames is None or max(frames.lengths) > job.max_entry_bytes:
        return None
    return _up_to(job.max_entries, frames, end)


def _delimited(job: Job, data: bytes) -> Scan:
    """The elements of the stretch, none of them longer than allowed."""
    if job.lines:
        found = frame_lines(data, at_end=job.at_end, limit=job.max_entries)
    else:
        found = _fast(job, data) or _exact(job, data)
    return _none_too_long(job, data, found)


def _fast(job: Job, data: bytes) -> Scan | None:
    """By the fast decoder, where it is worth a try and proves the whole stretch."""
    if not _is_worth_a_try(job):
        return None
    stop, end = _array_end(job, data)
    if job.at_end and end is None:
        return None
    frames = frame(data, comma=job.comma, stop=stop)
    return _up_to(job.max_entries, frames, end) if frames is not None and frames.starts else None


def _is_worth_a_try(job: Job) -> bool:
    """Whether the stretch probably ends where an element does."""
    return job.guessed or job.at_end


def _array_end(job: Job, data: bytes) -> tuple[int, int | None]:
    """The byte behind the last element, blanks included, and that behind the closing bracket, if there is one."""
    if job.at_end:
        end = len(data.rstrip(BLANKS))
        if data[end - 1 : end] == b"]":
            return end - 1, end
    return len(data), None


def _up_to(most: int, frames: Frames, end: int | None) -> Scan:
    """What was found, but for the elements that are too many."""
    starts, lengths = frames.starts, frames.lengths
    if len(starts) > most:
        starts, lengths, end = starts[:most], lengths[:most], None
    return Scan(starts, lengths, starts[-1] + lengths[-1], end)


def _exact(job: Job, data: bytes) -> Scan:
    """By the structural scan; its damage is moved to the first byte that is to blame."""
    # A bare word is whole only when what follows it was seen.
    shown = data + b"," if job.whole else data
    found = scan(shown, comma=job.comma, at_end=job.at_end, limit=job.max_entries)
    for index, (start, length) in enumerate(zip(found.starts, found.lengths, strict=True)):
        blame = _swallowed(data, start, start + length)
        if blame:
            return _cut(found, index, blame)
    if found.element is None:
        return found
    if found.damage is None:
        blame = _swallowed(data, found.element, len(data))
    else:
        blame = _blame(data, found.element, found.damage.offset)
    return Scan(found.starts, found.lengths, found.consumed, None, blame or found.damage, found.element)


def _swallowed(data: bytes, start: int, stop: int) -> Damage | None:
    """What is wrong with an element that is no JSON and has swallowed the one behind it.

    A quote or a bracket too few makes the scan take several entries for one. That is a break of the array
    and must not pass for one bad entry. Entries are told by their media id.
    """
    once = data.find(_ID_KEY, start, stop)
    if once < 0 or data.find(_ID_KEY, once + 1, stop) < 0:
        return None
    try:
        _element.decode(memoryview(data)[start:stop])
    except (msgspec.DecodeError, RecursionError):
        return _blame(data, start, stop)
    return None


def _blame(data: bytes, start: int, stop: int) -> Damage | None:
    """The first byte of `[start, stop)` with which an element that begins there is no JSON."""
    found = complaint(data, start, stop)
    return Damage(found.offset, found.reason, start) if found else None


def _cut(found: Scan, count: int, damage: Damage) -> Scan:
    """What was found, with nothing from the element number `count` on."""
    starts, lengths = found.starts[:count], found.lengths[:count]
    return Scan(starts, lengths, starts[-1] + lengths[-1] if count else 0, None, damage, damage.element)


def _none_too_long(job: Job, data: bytes, found: Scan) -> Scan:
    """What was found, up to the first element that is longer than allowed."""
    lengths: array[int] = found.lengths
    if lengths and max(lengths) > job.max_entry_bytes:
        index = next(i for i, length in enumerate(lengths) if length > job.max_entry_bytes)
        return _cut(found, index, _too_long(found.starts[index], job.max_entry_bytes))
    if lengths or found.end is not None or found.damage is not None:
        return found
    # Nothing was taken of the stretch, so the next one begins at the same byte and is longer.
    begin = 0 if found.element is None else found.element
    if len(data) - begin <= job.max_entry_bytes:
        return found
    return Scan(found.starts, lengths, 0, None, _too_long(begin, job.max_entry_bytes), found.element)


def _too_long(start: int, max_entry_bytes: int) -> Damage:
    reason = f"this entry is longer than {max_entry_bytes:,} bytes"
    return Damage(start, reason, start, "The same command with a larger --max-entry-bytes resumes there.")

"""A guess where entries end costs time when it is wrong, and changes nothing."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec
import pytest

from bulk_importer.intake.job import Job, JobResult
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.naming import NamedRules, NamingJudge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.intake.workers.perform import perform
from bulk_importer.media.names.index import NameIndex

JOINT = b'},{"internal_media_ID"'
# Bytes inside a text: no UTF-8, half a surrogate pair, a control character, no escape, the end of the text, and another
# entry in it.
DAMAGE = [b"ca\xff", b"\\ud800", b"\n", b"\\q", b'"', b'":[]}},{"internal_media_ID":"d","labels":{"car']


def answer(data: bytes, joint: bytes, judge: Judge | None = None, **job: bool | int) -> JobResult:
    """What a worker says about a stretch that begins behind the opening bracket."""
    asked = {
        "offset": 7,
        "comma": False,
        "guessed": True,
        "at_end": False,
        "max_entries": 1000,
        "max_entry_bytes": 1000,
        **job,
    }
    order = msgspec.convert({"length": len(data), "lines": False, **asked}, Job)
    return perform(judge or Judge(Rules()), msgspec.structs.replace(order, joint=joint), data)


def entry(random: Random) -> bytes:
    """An entry as a writer of arrays may make it; some hold the joint in a text, or are none."""
    media_id = random.choice(["a", "b", '},{"internal_media_ID":"c', "}, {", "\\"])
    made: dict[str, Any] = {"internal_media_ID": media_id, "labels": {"car": []}}
    if random.random() < 0.1:
        made["external_media_ID"] = random.choice(["a.jpg", "other.jpg", '},{"internal_media_ID":"c'])
    if random.random() < 0.05:
        made["internal_media_ID"] = None
    if random.random() < 0.1:
        made = {"keepData": True, **made}
    if random.random() < 0.05:
        made["labels"] = {"car": [{"polygon": []}]}
    if random.random() < 0.05:
        made["own"] = [[{"internal_media_ID": 1}, {"internal_media_ID": 2}]]
    raw = json.dumps(made, separators=(",", ":")).encode()
    return raw.replace(b"car", random.choice(DAMAGE)) if random.random() < 0.05 else raw


@pytest.fixture(scope="module")
def by_name(tmp_path_factory: pytest.TempPathFactory) -> NamingJudge:
    """A judge of entries that may name their media by file name."""
    path = tmp_path_factory.mktemp("names") / "names"
    NameIndex.write(path, [("a.jpg", "id-a")])
    return NamingJudge(NamedRules.of(Rules(), str(path)))


@pytest.mark.parametrize("seed", range(600))
def test_with_a_guess_and_without_a_stretch_means_the_same(seed: int, by_name: NamingJudge) -> None:
    random = Random(seed)
    judge = random.choice([by_name, None])
    entries = [entry(random) for _ in range(random.randrange(1, 12))]
    if random.random() < 0.1:
        entries[0] = random.choice([b"5", b"[]", b"5,6", b'"a"', b"nul", b"{}}", b'{"a":1}{'])
    data = random.choice([b"", b" \n"]) + b",".join(entries)
    if random.random() < 0.2:
        data = data[: random.randrange(1, len(data) + 1)]
    at_end = random.random() < 0.3
    data += random.choice([b"]", b" ] \n", b"", b"]]", b",]"]) if at_end else b""
    comma = random.random() < 0.3
    data = random.choice([b",", b" , ", b""]) + data if comma else data
    job = {
        "comma": comma,
        "at_end": at_end,
        "guessed": not at_end,
        "max_entries": random.choice([3, 1000]),
        "max_entry_bytes": random.choice([60, 1000, 1000]),
    }
    assert answer(data, JOINT, judge, **job) == answer(data, b"", judge, **job)


def test_entries_in_another_style_than_the_joint_are_found_too() -> None:
    """As where two files were put together by hand."""
    entries = [{"internal_media_ID": f"m-{at}"} for at in range(6)]
    data = b",".join(json.dumps(each).encode() for each in entries[:3]) + b",\n"
    data += b",".join(json.dumps(each, separators=(",", ":")).encode() for each in entries[3:])
    found = answer(data, JOINT)
    assert found.judged is not None
    run = found.judged.run
    assert list(run.media_ids) == [each["internal_media_ID"] for each in entries]
    assert [data[at : at + length] for at, length in zip(run.starts, run.lengths, strict=True)] == [
        *(json.dumps(each).encode() for each in entries[:3]),
        *(json.dumps(each, separators=(",", ":")).encode() for each in entries[3:]),
    ]

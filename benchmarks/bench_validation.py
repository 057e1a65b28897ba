"""How fast one core judges entries: the fast accept alone, with a label configuration, with the media of a project.

    python -m benchmarks.bench_validation [--entries 4000] [--rounds 5]

Prints MB/s of CPU time of the best round, for entries written compactly and with blanks, and for entries that need
the exact look: clean ones with a key of somebody's own (a warning each), and ones with a wrong option each. Then, for
two shapes of the corpora, what of it goes into each stage of the fast accept. Keeps them in `results/validation.json`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import process_time
from uuid import UUID

import jsonschema_rs
import msgspec
import orjson
from xxhash import xxh64_digest

from benchmarks.parts.corpus import write_corpus
from benchmarks.parts.measuring import write_results
from bulk_importer.intake.validation.forms.allowed import OPEN
from bulk_importer.intake.validation.forms.code import Form
from bulk_importer.intake.validation.forms.form import EntryForm
from bulk_importer.intake.validation.forms.seen import Seen, learn
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.intake.validation.schema import schema_document
from bulk_importer.labels.label_config import read_label_config
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.task_runs import MediaTask, TaskRun

_STAGED_BYTES = 8_000_000

CLASSES = [
    {"entryKey": "bus", "type": "RECTANGLE"},
    {
        "entryKey": "car",
        "type": "POLYGON",
        "children": [
            {"entryKey": "car_type", "type": "SELECT", "options": {"suv": "", "sedan": "", "van": ""}},
            {"entryKey": "plate", "type": "FREETEXT", "maxLength": 8},
            {"entryKey": "wheel", "type": "RECTANGLE"},
        ],
    },
    {"entryKey": "street", "type": "LINE"},
    {"entryKey": "poi", "type": "POINT"},
    {
        "entryKey": "weather",
        "type": "SELECT",
        "options": {"sunny": "", "rain": ""},
        "children": [{"entryKey": "daytime", "type": "SELECT", "options": {"day": "", "night": ""}}],
    },
    {"entryKey": "tags", "type": "CHECKLIST", "options": {"urban": "", "rural": ""}},
]


def entry(random: Random) -> dict[str, object]:
    """An entry of about 2 kB: five cars with wheels, a bus, a street, a place."""

    def points(count: int) -> list[dict[str, float]]:
        return [{"x": random.randrange(2000), "y": round(random.random() * 2000, 2)} for _ in range(count)]

    car = {
        "polygon": points(8),
        "classifications": {"car_type": ["suv"], "plate": ["AB 12"]},
        "nested_geometries": {"wheel": [{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}]},
    }
    return {
        "internal_media_ID": str(UUID(int=random.getrandbits(128))),
        "keepData": False,
        "global_classifications": {"weather": ["sunny", {"daytime": ["day"]}], "tags": ["urban", "rural"]},
        "labels": {
            "car": [{**car, "polygon": points(8)} for _ in range(5)],
            "bus": [{"rectangle": [{"x": 1, "y": 2.5, "w": 30, "h": 4}], "classifications": {}}],
            "street": [{"line": points(4)}],
            "poi": [{"point": points(1)}],
        },
    }


def segment(raws: list[bytes]) -> tuple[bytes, list[int], list[int]]:
    """The elements as the bytes of a segment, where they begin, and how long they are."""
    starts, place = [], 0
    for raw in raws:
        starts.append(place)
        place += len(raw) + 1
    return b",".join(raws), starts, [len(raw) for raw in raws]


def best(work: Callable[[], object], rounds: int) -> float:
    """The CPU seconds of the fastest round."""
    seconds = []
    for _ in range(rounds):
        began = process_time()
        work()
        seconds.append(process_time() - began)
    return min(seconds)


def report(name: str, raws: list[bytes], work: Callable[[], object], rounds: int) -> dict[str, object]:
    """One line of the table."""
    seconds = best(work, rounds)
    speed, each = sum(map(len, raws)) / 1e6 / seconds, seconds / len(raws) * 1e6
    print(f"{name:52} {speed:7.1f} MB/s  {each:7.1f} µs an entry", flush=True)
    return {"what": name, "mb_per_second": round(speed, 1), "microseconds_an_entry": round(each, 1)}


def judging(rules: Rules, raws: list[bytes]) -> Callable[[], object]:
    """The work of judging these elements by these rules."""
    judge = Judge(rules)
    data, starts, lengths = segment(raws)
    return lambda: judge.judge(data, starts, lengths)


def stages(shape: str, folder: Path, rounds: int) -> list[dict[str, object]]:
    """What a worker does to the entries of a corpus, one thing after the other, each to all of them."""
    path = folder / shape
    write_corpus(path, shape, _STAGED_BYTES)
    raws = [bytes(raw) for raw in msgspec.json.decode(path.read_bytes(), type=list[msgspec.Raw])]
    seen = Seen()
    for raw in raws:
        learn(seen, raw)
    form, text, scratch = EntryForm(OPEN, seen), b",".join(raws), bytearray()
    entries = [form.decode(raw) for raw in raws]

    def take_digest(entry: Form) -> None:
        form.encode(entry, scratch)
        xxh64_digest(scratch)

    work: dict[str, Callable[[], object]] = {
        "proven to be JSON alone": lambda: deque(
            map(msgspec.json.Decoder(msgspec.Raw).decode, raws), maxlen=0
        ),
        "decoded into the narrow form": lambda: deque(map(form.decode, raws), maxlen=0),
        "counted": lambda: deque(map(form.count, entries), maxlen=0),
        "colons counted": lambda: text.count(b":"),
        "digest": lambda: deque(map(take_digest, entries), maxlen=0),
        "all of it, for an import": judging(Rules(), raws),
        "all of it, for a check": judging(Rules(is_report=True), raws),
    }
    return [report(f"{shape}: {name}", raws, each, rounds) for name, each in work.items()]


def main() -> None:
    """Measure, print, and write `results/validation.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--media", type=int, default=1_000_000)
    given = parser.parse_args()
    random = Random(1)
    entries = [entry(random) for _ in range(given.entries)]
    compact = [json.dumps(each, separators=(",", ":")).encode() for each in entries]
    config = read_label_config(CLASSES)
    decode = EntryForm(OPEN).decode
    validator = jsonschema_rs.Draft7Validator({**schema_document()})

    alone: dict[str, Callable[[], object]] = {
        "msgspec typed decoding alone": lambda: deque(map(decode, compact), maxlen=0),
        "orjson and jsonschema-rs alone": lambda: [
            validator.is_valid([orjson.loads(raw)]) for raw in compact
        ],
    }
    rows = [report(name, compact, work, given.rounds) for name, work in alone.items()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "media"
        tasks = [MediaTask.of_id(str(each["internal_media_ID"])) for each in entries]
        others = [f"other-{n}" for n in range(given.media - len(tasks))]
        MediaIndex.write(path, [TaskRun.of(tasks), TaskRun.of_lanes(others)])
        rings = {
            "schema": Rules(),
            "schema, configuration": Rules(label_config=config),
            f"schema, configuration, {given.media:,} media": Rules(
                label_config=config, media_index=str(path)
            ),
        }
        spaced = [json.dumps(each).encode() for each in entries]
        noted = [json.dumps(each | {"own": 1}).encode() for each in entries]
        wrong = [raw.replace(b'"suv"', b'"SUV"', 1) for raw in spaced]
        for form, raws in (
            ("compact", compact),
            ("spaced", spaced),
            ("a warning each", noted),
            ("an error each", wrong),
        ):
            for name, rules in rings.items():
                rows.append(report(f"{form}: {name}", raws, judging(rules, raws), given.rounds))
        for shape in ("documented", "rich"):
            rows += stages(shape, Path(folder), given.rounds)
    write_results("validation", rows, {"entries": given.entries, "rounds": given.rounds})


if __name__ == "__main__":
    main()

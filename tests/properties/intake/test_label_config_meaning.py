"""Any entry under any label configuration: what has no finding is stored as given, what has an error is not.

The sandbox is the judge over the judge: it shares no code with it, and is itself held to the answers of a real server.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import aiohttp
import pytest

from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.labels.label_config import read_label_config
from bulk_importer.sandbox import Prepared, Sandbox, SandboxConfig
from support.reading import judged

Json = dict[str, Any]
GEOMETRIES = ["POINT", "LINE", "POLYGON", "RECTANGLE", "IMAGE_SEGMENTATION"]
QUESTIONS = ["SELECT", "CHECKLIST", "FREETEXT"]
NAMES = ["car", "bus", "kind", "wheel", "note", "tags", "weather", "plate", "street", "poi"]
OPTIONS = ["a", "b", "B", "day", "night", "two words"]


def a_class(random: Random, name: str, level: int, spare: list[str], *, question: bool = False) -> Json:
    """A class with what may stand below it. A key comes once in a tree: `spare` are those not used yet."""
    kinds = (
        QUESTIONS if question or level > 2 or random.random() < 0.4 else GEOMETRIES[: 5 if level == 1 else 4]
    )
    kind = random.choice(kinds)
    made: Json = {"entryKey": name, "entryValue": name, "type": kind, "required": random.random() < 0.3}
    if kind in QUESTIONS[:2]:
        made["options"] = {key: key for key in random.sample(OPTIONS, random.randrange(1, 4))}
    if kind == "FREETEXT":
        made["maxLength"] = random.choice([1, 5, 255])
    count = random.randrange(3) if level < 3 and kind != "IMAGE_SEGMENTATION" else 0
    names = [spare.pop() for _ in range(min(count, len(spare)))]
    made["children"] = [a_class(random, each, level + 1, spare, question=kind in QUESTIONS) for each in names]
    if kind in GEOMETRIES:
        made["color"] = "#ff0000"
        made["required"] = False
    return made


def a_config(random: Random) -> list[Json]:
    """A label configuration of a few roots."""
    roots = random.sample(NAMES, random.randrange(3, 7))
    return [a_class(random, root, 1, [name for name in NAMES if name != root]) for root in roots]


def slip(random: Random) -> bool:
    """Whether something goes wrong here; about once in two entries."""
    return random.random() < 0.03


def values_of(random: Random, label: Json) -> list[Any]:
    """An answer to a question, mostly a right one."""
    kind = label["type"]
    count = 1 if kind != "CHECKLIST" else random.randrange(1, 3)
    longest = label.get("maxLength", 5)
    options = list(label.get("options") or [random.choice("xü") * random.choice([1, longest])])
    texts = [random.choice(options) for _ in range(count)]
    if slip(random):
        texts = random.choice([[], ["zz"], ["A"], [*texts, "a"], ["x" * 300], [""], ["🚗" * 3]])
    if random.random() < 0.1:
        texts = [None] if kind != "CHECKLIST" else []
    values: list[Any] = texts if kind != "CHECKLIST" else sorted(set(texts))
    children = [child for child in label["children"] if child["type"] in QUESTIONS]
    if children and random.random() < 0.5:
        inner = {
            child["entryKey"]: values_of(random, child)
            for child in random.sample(children, 1 + slip(random) and 1)
        }
        if slip(random):
            inner = random.choice([{}, {"zz": ["a"]}, {key: ["a"] for key in NAMES[:2]}])
        values = [values[0] if values else None, inner, *values[1:]]
    return values or [None]


def answers_of(random: Random, labels: list[Json]) -> Json:
    """Answers to some of the questions among these classes."""
    asked = [label for label in labels if label["type"] in QUESTIONS and random.random() < 0.7]
    given = {label["entryKey"]: values_of(random, label) for label in asked}
    if slip(random):
        given[random.choice(NAMES)] = ["a"]
    return given


def shape_of(random: Random, kind: str) -> Json:
    """Coordinates under a key."""

    def point() -> Json:
        return {
            "x": random.choice([random.randrange(100), random.randrange(100) / 8, "17"]),
            "y": random.randrange(100),
        }

    box = {**point(), "w": random.randrange(1, 9), "h": 2.5}
    shapes: Json = {
        "POLYGON": {"polygon": [point() for _ in range(random.randrange(3, 5))]},
        "LINE": {"line": [point() for _ in range(random.randrange(2, 4))]},
        "POINT": {"point": [point()]},
        "RECTANGLE": {"rectangle": [box]},
        "IMAGE_SEGMENTATION": {"image_segmentation": [[point()]]},
    }
    given: Json = shapes[kind]
    if random.random() < 0.1 and kind != "IMAGE_SEGMENTATION":
        given = {"geometry": next(iter(given.values()))}
    if slip(random):
        given = random.choice(
            [
                shapes[random.choice(GEOMETRIES)],
                {},
                {**given, **shapes["POLYGON"]},
                {"geometry": []},
                {"geometry": [box, box]},
            ]
        )
    return given


def geometry_of(random: Random, label: Json, *, nested: bool = False) -> Json:
    """A geometry of a class with what stands in it."""
    given: Json = shape_of(random, label["type"] if label["type"] in GEOMETRIES else "POINT")
    answers = answers_of(random, label["children"])
    if answers or random.random() < 0.2:
        given["classifications"] = answers
    below = [child for child in label["children"] if child["type"] in GEOMETRIES]
    if (below or slip(random)) and not nested:
        given["nested_geometries"] = {
            child["entryKey"]: [geometry_of(random, child, nested=True)] for child in below
        }
    if nested and slip(random):
        given[random.choice(["foo", "nested_geometries"])] = {"car": []}
    return given


def an_entry(random: Random, config: list[Json], media_id: str) -> Json:
    """An entry that replaces what the media holds."""
    entry: Json = {"internal_media_ID": media_id, "keepData": False}
    answers = answers_of(random, config)
    if answers:
        entry["global_classifications"] = answers
    drawn = [label for label in config if label["type"] in GEOMETRIES[:4] or slip(random)]
    entry["labels"] = {
        label["entryKey"]: [geometry_of(random, label) for _ in range(random.randrange(3))] for label in drawn
    }
    if slip(random):
        entry["labels"][random.choice(NAMES)] = []
    return entry


# ----------------------------------------------------------------- what was given, and what is held, in one form


def plainly(values: list[Any]) -> Json | None:
    """An answer that was given: its texts, and the answers below; None if it says nothing."""
    texts = sorted(value for value in values if isinstance(value, str))
    inner = next((value for value in values if isinstance(value, dict)), {})
    below = {key: found for key, each in inner.items() if (found := plainly(each)) is not None}
    return {"texts": texts, "below": below} if texts or below else None


def drawn(geometry: Json) -> Json:
    """A geometry that was given: every coordinate under whatever key, answers, and all that stands in it."""
    keys = ("polygon", "rectangle", "line", "point", "geometry", "image_segmentation")
    shapes = [
        [[float(each[axis]) for axis in "xywh" if axis in each] for each in geometry[key]]
        if key != "image_segmentation"
        else "pixels"
        for key in keys
        if geometry.get(key)
    ]
    answers = {
        key: found for key, each in geometry.get("classifications", {}).items() if (found := plainly(each))
    }
    nested = {
        key: [drawn(each) for each in inner]
        for key, inner in (geometry.get("nested_geometries") or {}).items()
        if inner
    }
    unknown = sorted(geometry.keys() - {*keys, "classifications", "nested_geometries"})
    return {"shapes": shapes, "answers": answers, "nested": nested, "unknown": unknown}


def given_by(entry: Json) -> Json:
    """What an entry says, in the form of `held_by`."""
    answers = {
        key: found
        for key, each in entry.get("global_classifications", {}).items()
        if (found := plainly(each))
    }
    labels = {key: sorted(map(drawn, inner), key=str) for key, inner in entry["labels"].items() if inner}
    return {"answers": answers, "labels": labels}


def told(value: Json) -> Json | None:
    """An answer that is held."""
    texts = [] if value["v"] is None else sorted([value["v"]] if isinstance(value["v"], str) else value["v"])
    below = {child["k"]: found for child in value["c"] if (found := told(child)) is not None}
    return {"texts": texts, "below": below} if texts or below else None


def shown_by(value: Json) -> Json:
    """A geometry that is held."""
    numbers = value["g"] if value["t"] in {"LINE", "POLYGON"} else [value["g"]]
    nested: Json = {}
    for child in value["c"]:
        if child["t"] in GEOMETRIES:
            nested.setdefault(child["k"], []).append(shown_by(child))
    answers = {
        child["k"]: found for child in value["c"] if child["t"] in QUESTIONS and (found := told(child))
    }
    return {"shapes": [numbers] if numbers else [], "answers": answers, "nested": nested, "unknown": []}


def held_by(values: list[Json]) -> Json:
    """What a media holds."""
    labels: Json = {}
    for value in values:
        if value["t"] in GEOMETRIES:
            labels.setdefault(value["k"], []).append(shown_by(value))
    answers = {value["k"]: found for value in values if value["t"] in QUESTIONS and (found := told(value))}
    return {"answers": answers, "labels": {key: sorted(each, key=str) for key, each in labels.items()}}


def is_invalid(values: list[Json]) -> bool:
    """Whether a geometry, or an answer that says something, is marked invalid."""
    return any(
        (not value["valid"] and (value["t"] in GEOMETRIES or value["v"] not in (None, [])))
        or is_invalid(value["c"])
        for value in values
    )


@pytest.mark.parametrize("seed", range(12))
async def test_the_sandbox_does_with_an_entry_what_was_said_of_it(seed: int) -> None:
    """Clean: stored exactly as given. An error: refused, lost, distorted or invalid."""
    random = Random(seed)
    config = a_config(random)
    async with Sandbox(SandboxConfig(seed=seed)) as sandbox, aiohttp.ClientSession(sandbox.url) as session:
        project: Prepared = await sandbox.prepare(media=1, label_config=config)
        async with session.get(f"/api/lconfig/{project.config_id}") as answer:
            judge = Judge(Rules(label_config=read_label_config(await answer.json()), keep_warnings=True))
        media_id = project.media_ids[0]
        for _ in range(60):
            entry = an_entry(random, config, media_id)
            found = judged(judge, entry)
            async with session.post(f"/api/v1/project/{project.id}/prediction", json=[entry]) as answer:
                body = await answer.json()
                is_refused = answer.status != 200 or bool(body["errorMessages"])
            held: Any = (await sandbox.labels(project.id))[media_id]
            is_right = not is_refused and held_by(held) == given_by(entry) and not is_invalid(held)
            if found.rejections:
                assert not is_right, (entry, found.rejections[0].findings)
            elif not found.warnings:
                assert is_right, (entry, body, held)


@pytest.mark.parametrize("seed", range(30))
def test_the_fast_accept_and_the_exact_look_agree(seed: int) -> None:
    """An object under a key that nobody knows sends an entry to the exact look, and changes nothing but a count."""
    random = Random(seed)
    config = a_config(random)
    judge = Judge(Rules(label_config=read_label_config(config)))
    for _ in range(40):
        entry = an_entry(random, config, "m")
        fast, exact = judged(judge, entry), judged(judge, entry | {"own": {}})
        assert exact.counts == {**fast.counts, "key-unknown": 1}
        assert list(fast.run.weights) == list(exact.run.weights)
        if len(fast.run):
            assert fast.digests == exact.digests == judged(Judge(Rules()), entry).digests


@pytest.mark.parametrize("seed", range(10))
def test_a_flat_configuration_rejects_nothing_that_the_whole_one_accepts(seed: int) -> None:
    """It knows less, and never knows better."""
    random = Random(seed)
    config = a_config(random)

    def names(labels: list[Json]) -> list[Json]:
        kinds = [
            {
                "class_name": each["entryKey"],
                "classification_type" if each["type"] in QUESTIONS else "geometry_type": each["type"].lower(),
            }
            for each in labels
        ]
        return kinds + [name for each in labels for name in names(each["children"])]

    whole, flat = (
        Judge(Rules(label_config=read_label_config(config))),
        Judge(Rules(label_config=read_label_config(names(config)))),
    )
    for _ in range(60):
        entry = an_entry(random, config, "m")
        if len(judged(whole, entry).run):
            assert judged(flat, entry).rejections == ()


@pytest.mark.parametrize("seed", range(40))
def test_a_judge_that_has_learnt_from_its_input_judges_as_one_that_has_not(seed: int) -> None:
    """Also where some entries come over and over, as from one converter, and others differ in every way."""
    random = Random(seed)
    config = a_config(random)
    rules = Rules(label_config=read_label_config(config))
    often = [an_entry(random, config, "m") for _ in range(random.choice([1, 3]))]
    learnt = Judge(rules)
    for _ in range(3):
        entries = [
            random.choice(often) if random.random() < 0.9 else an_entry(random, config, "n")
            for _ in range(40)
        ]
        together = judged(learnt, *entries)
        alone = [judged(Judge(rules), entry) for entry in entries]
        assert list(together.run.positions) == [place for place, each in enumerate(alone) if len(each.run)]
        assert list(together.run.weights) == [weight for each in alone for weight in each.run.weights]
        assert together.counts == sum((Counter(each.counts) for each in alone), Counter())
        assert together.digests == b"".join(each.digests for each in alone)
        assert len(together.rejections) == sum(len(each.rejections) for each in alone)

"""The verdict about any entry is that of the reference implementation of JSON Schema, however it is reached."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.intake.schema import schema_document
from bulk_importer.intake.validation import Judge, Judged, Rules

ORACLE = jsonschema.Draft7Validator(schema_document())
JUDGE = Judge(Rules())

KEYS = [
    "car",
    "k",
    "x",
    "y",
    "w",
    "h",
    "",
    "a/b",
    "ä",
    "labels",
    "polygon",
    "point",
    "geometry",
    "additionalProperties",
]
KEYS += [
    "classifications",
    "nested_geometries",
    "image_segmentation",
    "keepData",
    "internal_media_ID",
    "status",
]
LEAVES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    -0.0,
    1.5,
    1e-320,
    10**30,
    -(10**30),
    10**400,
    2**64,
    "",
    "a",
    "12",
    "007",
]
LEAVES += [
    "12\n",
    "12\n\n",
    "\n12",
    "12\r",
    "1.5",
    "-1",
    "+1",
    "1e3",
    "٣",
    " 1",
    "x" * 300,
    "9" * 400,
    "😀",
    ":",
    '":',
    "\\",
    '"',
]
LEAVES += [
    [],
    {},
    [None],
    ["a"],
    ["a", "b"],
    ["a", None],
    [None, {}],
    ["a", {"c": ["b"]}],
    [{}],
    [[]],
    {"x": 1, "y": 2},
]


def number(random: Random) -> Any:
    return random.choice(
        [random.randrange(2000), round(random.random() * 2000, 2), str(random.randrange(2000)), 0]
    )


def point(random: Random) -> dict[str, Any]:
    return {"x": number(random), "y": number(random)}


def box(random: Random) -> dict[str, Any]:
    return {**point(random), "w": number(random), "h": number(random)}


def classification(random: Random, depth: int = 0) -> list[Any]:
    values: list[Any] = [random.choice([None, "a", "sunny"])]
    if depth < 3 and random.random() < 0.3:
        values.append({random.choice(KEYS): classification(random, depth + 1)})
    return random.choice([values, values, [*values, "b"], []])


def geometry(random: Random, *, nested: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = random.choice(
        [
            {"polygon": [point(random) for _ in range(random.randrange(3, 6))]},
            {"line": [point(random) for _ in range(random.randrange(2, 5))]},
            {"point": [point(random)]},
            {"rectangle": [box(random)]},
            {"geometry": [random.choice([point, box])(random) for _ in range(random.randrange(3))]},
        ]
    )
    if random.random() < 0.5:
        made["classifications"] = {
            random.choice(KEYS): classification(random) for _ in range(random.randrange(3))
        }
    if not nested and random.random() < 0.3:
        made["nested_geometries"] = {random.choice(KEYS): [geometry(random, nested=True)]}
    return made


def entry(random: Random) -> dict[str, Any]:
    """An ordinary entry; the schema accepts it."""
    made: dict[str, Any] = {"internal_media_ID": random.choice(["a", "m-1", "ä:", ""])}
    if random.random() < 0.5:
        made["keepData"] = random.random() < 0.5
    if random.random() < 0.5:
        made["global_classifications"] = {random.choice(KEYS): classification(random) for _ in range(2)}
    if random.random() < 0.8:
        made["labels"] = {
            random.choice(KEYS): [geometry(random) for _ in range(random.randrange(3))]
            for _ in range(random.randrange(3))
        }
    if random.random() < 0.1:
        made |= {"status": "completed", "labeler": None, "segmentations": ["http://x/y"]}
    return made


def holders(value: Any) -> list[Any]:
    """Every object and list in a value, itself included."""
    found = [value] if isinstance(value, dict | list) else []
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found += holders(each)
    return found


def mutate(value: Any, random: Random) -> Any:
    """Change one place: put something else there, take it out, double it, or add to it."""
    holder = random.choice(holders(value))
    places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    other = (
        random.choice(LEAVES)
        if random.random() < 0.8
        else random.choice([geometry, point, box, entry])(random)
    )
    other = deepcopy(other)  # the junk is shared, and may be changed where it stands
    action = random.randrange(5)
    if action == 0 or not places:
        if isinstance(holder, dict):
            holder[random.choice(KEYS)] = other
        else:
            holder.insert(random.randrange(len(holder) + 1), other)
    elif action == 1:
        del holder[random.choice(places)]
    elif action == 2 and isinstance(holder, dict):
        holder[random.choice(KEYS)] = holder.pop(random.choice(places))
    elif action == 2:
        holder.append(deepcopy(holder[random.choice(places)]))
    else:
        holder[random.choice(places)] = other
    return value


def written(value: Any, random: Random) -> bytes:
    """The value as one writer or another writes it."""
    styles: list[dict[str, Any]] = [{"separators": (",", ":")}, {}, {"indent": 1}, {"ensure_ascii": False}]
    return json.dumps(value, **random.choice(styles)).encode()


def judged(judge: Judge, raw: bytes) -> Judged:
    """One element alone."""
    return judge.judge(raw, [0], [len(raw)], first=0, offset=0)


def disagreement(value: Any, random: Random) -> str | None:
    """What speaks against the verdict about a value, if anything."""
    raw = written(value, random)
    found = judged(JUDGE, raw)
    if found.skipped:
        return None if value.keys() == {"label_classes"} else "skipped"
    errors = list(ORACLE.iter_errors([value]))
    codes = {finding.code for rejection in found.rejections for finding in rejection.findings}
    if (not errors and "internal_media_ID" in value) != bool(len(found.run)):
        return f"accepted {len(found.run)}, the oracle has {errors}, codes {codes}"
    pointers = [
        finding.pointer
        for rejection in found.rejections
        for finding in rejection.findings
        if finding.severity == "error"
    ]
    for error in errors:
        place = "".join(
            f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in list(error.absolute_path)[1:]
        )
        if not any(pointer == place or pointer.startswith(f"{place}/") for pointer in pointers):
            return f"nothing at {place}, only {pointers}"
    return None


@settings(max_examples=600, deadline=None)
@given(seed=st.integers(0, 2**64), mutations=st.integers(0, 4))
def test_a_mutated_entry_is_judged_as_the_reference_judges_it(seed: int, mutations: int) -> None:
    """The same entries are accepted, and each error of the reference has a finding at its place or inside it."""
    random = Random(seed)
    value: Any = entry(random)
    for _ in range(mutations):
        value = mutate(value, random)
    assert disagreement(value, random) is None, value


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_an_accepted_entry_gives_the_same_columns_however_it_is_looked_at(seed: int) -> None:
    """An object under a key that nobody knows sends it to the exact look, and changes nothing but a count."""
    random = Random(seed)
    value = entry(random)
    fast, exact = judged(JUDGE, written(value, random)), judged(JUDGE, written(value | {"own": {}}, random))
    assert (fast.run.media_ids, fast.run.keeps, list(fast.run.weights), fast.digests) == (
        exact.run.media_ids,
        exact.run.keeps,
        list(exact.run.weights),
        exact.digests,
    )
    assert exact.counts == {**fast.counts, "key-unknown": 1}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=4)
    ),
)


@settings(max_examples=300, deadline=None)
@given(value=JUNK, seed=st.integers(0, 100))
def test_any_json_at_all_is_judged_as_the_reference_judges_it(value: Any, seed: int) -> None:
    """Not only what resembles an entry."""
    random = Random(seed)
    assert disagreement(value if isinstance(value, dict) else {"internal_media_ID": value}, random) is None


@settings(max_examples=500, deadline=None)
@given(raw=st.binary(max_size=60), seed=st.integers(0, 2**64), place=st.floats(0, 1))
def test_whatever_bytes_come_the_verdict_is_one_of_three(raw: bytes, seed: int, place: float) -> None:
    """Nothing is raised, and what was not JSON for the standard library is never sent."""
    random = Random(seed)
    text = written(entry(random), random)
    cut = int(place * len(text))
    for element in (raw, text[:cut] + raw[:3] + text[cut:], text[:cut]):
        found = judged(JUDGE, element)
        assert len(found.run) + len(found.rejections) + len(found.skipped) == 1
        assert len(found.digests) == 8
        if len(found.run):
            assert isinstance(json.loads(element), dict)


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_a_million_mutated_entries_are_judged_as_the_reference_judges_them() -> None:
    """Takes about a quarter of an hour."""
    random = Random(1)
    for number in range(1_000_000):
        value: Any = entry(random)
        for _ in range(number % 4):
            value = mutate(value, random)
        assert disagreement(value, random) is None, value

"""The verdict about any entry is that of the reference implementation of JSON Schema, however it is reached."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.intake.validation.forms.allowed import OPEN
from bulk_importer.intake.validation.forms.form import EntryForm
from bulk_importer.intake.validation.forms.learning import Narrowing
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.intake.validation.schema import schema_document
from support.profiles import examples
from support.reading import judged

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


def disagreement(value: Any, random: Random) -> str | None:
    """What speaks against the verdict about a value, if anything."""
    raw = written(value, random)
    found = judged(JUDGE, raw)
    if found.skipped:
        return None if value.keys() == {"label_classes"} else "skipped"
    errors = list(ORACLE.iter_errors([value]))
    codes = {finding.code for rejection in found.rejections for finding in rejection.findings}
    # An empty id passes the schema, and names no media.
    names_a_media = not errors and value.get("internal_media_ID", "").strip(" ")
    if bool(names_a_media) != bool(len(found.run)):
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


@settings(max_examples=examples(600))
@given(seed=st.integers(0, 2**64), mutations=st.integers(0, 4))
def test_a_mutated_entry_is_judged_as_the_reference_judges_it(seed: int, mutations: int) -> None:
    """The same entries are accepted, and each error of the reference has a finding at its place or inside it."""
    random = Random(seed)
    value: Any = entry(random)
    for _ in range(mutations):
        value = mutate(value, random)
    assert disagreement(value, random) is None, value


@settings(max_examples=examples(300))
@given(seed=st.integers(0, 2**64))
def test_an_accepted_entry_gives_the_same_columns_however_it_is_looked_at(seed: int) -> None:
    """An object under a key that nobody knows sends it to the exact look, and changes nothing but a count."""
    random = Random(seed)
    value = {**entry(random), "internal_media_ID": "m-1"}
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


@settings(max_examples=examples(300))
@given(value=JUNK, seed=st.integers(0, 100))
def test_any_json_at_all_is_judged_as_the_reference_judges_it(value: Any, seed: int) -> None:
    """Not only what resembles an entry."""
    random = Random(seed)
    assert disagreement(value if isinstance(value, dict) else {"internal_media_ID": value}, random) is None


@settings(max_examples=examples(500))
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


def regular(random: Random) -> Callable[[], dict[str, Any]]:
    """A writer of entries that look alike, as a converter makes them; what it is free to vary, it varies."""
    shapes: list[tuple[str, Callable[[], Any]]] = [
        ("polygon", lambda: [point(random) for _ in range(random.randrange(3, 7))]),
        ("line", lambda: [point(random) for _ in range(random.randrange(2, 4))]),
        ("point", lambda: [point(random)]),
        ("rectangle", lambda: [box(random)]),
    ]

    def answers(level: int = 0) -> Callable[[], dict[str, Any]]:
        keys = random.sample(["b", "a ", "occluded", "x.y", "ä"], random.randrange(4))
        given = {
            key: (random.choice([1, 1, 0.5]), random.choice([1, 1, 3]), random.choice([0, 0, 0.5]))
            for key in keys
        }
        below = answers(level + 1) if level < 2 else dict
        nesting = random.choice([0, 0, 0.7, 1])

        def values(most: int, nulls: float) -> list[Any]:
            made: list[Any] = [random.choice(["yes", "no:", "ü"]) for _ in range(random.randint(1, most))]
            if random.random() < nulls:
                made = [None]
            inner = below() if random.random() < nesting else {}
            return [made[0], dict([inner.popitem()]), *made[1:]] if inner else made

        def make() -> dict[str, Any]:
            return {
                key: values(most, nulls)
                for key, (share, most, nulls) in given.items()
                if random.random() < share
            }

        return make

    def place(*, nested: bool) -> Callable[[], list[dict[str, Any]]]:
        drawn = random.sample(shapes, random.choice([1, 1, 2, 4]))
        most, share, answer = random.choice([1, 4]), random.choice([0, 0.5, 1]), answers()
        below = (
            {key: place(nested=False) for key in ("in", "side")} if nested and random.random() < 0.3 else {}
        )

        def make() -> list[dict[str, Any]]:
            made = []
            for _ in range(random.randrange(most + 1)):
                shape, elements = random.choice(drawn)
                made.append({shape: elements()})
                if random.random() < share:
                    made[-1]["classifications"] = answer()
                if below and random.random() < 0.7:
                    made[-1]["nested_geometries"] = {key: each() for key, each in below.items()}
            return made

        return make

    classes = {key: place(nested=True) for key in random.sample(["car", "person", "é", "a:b"], 3)}
    asked = answers()

    def make() -> dict[str, Any]:
        made: dict[str, Any] = {"internal_media_ID": f"m-{random.randrange(100)}", "keepData": False}
        if random.random() < 0.5:
            made["global_classifications"] = asked()
        return made | {"labels": {key: each() for key, each in classes.items() if random.random() < 0.9}}

    return make


def doubled(raw: bytes, random: Random) -> bytes:
    """With one of its keys named twice, as nobody's writer does it and somebody's will."""
    keys = list(re.finditer(rb'"(?:x|labels|keepData|car|occluded)"\s*:', raw))
    if not keys:
        return raw
    at = random.choice(keys)
    return raw[: at.start()] + at[0] + b"1," + raw[at.start() :]


def seen_alone(elements: list[bytes]) -> tuple[Any, ...]:
    """What judges say who have seen one element each."""
    each = [judged(Judge(Rules()), raw) for raw in elements]
    return (
        [place for place, found in enumerate(each) if len(found.run)],
        [media_id for found in each for media_id in found.run.media_ids],
        b"".join(found.run.keeps for found in each),
        [weight for found in each for weight in found.run.weights],
        [
            (place, [(finding.code, finding.pointer) for finding in rejection.findings], rejection.raw)
            for place, found in enumerate(each)
            for rejection in found.rejections
        ],
        sum((Counter(found.counts) for found in each), Counter()),
        b"".join(found.digests for found in each),
    )


def seen_together(judge: Judge, elements: list[bytes], joint: bytes) -> tuple[Any, ...]:
    """What a judge says who gets them as a segment."""
    found = judged(judge, *elements, joint=joint)
    return (
        list(found.run.positions),
        list(found.run.media_ids),
        found.run.keeps,
        list(found.run.weights),
        [
            (each.position, [(finding.code, finding.pointer) for finding in each.findings], each.raw)
            for each in found.rejections
        ],
        Counter(found.counts),
        found.digests,
    )


@pytest.mark.parametrize("seed", range(60))
def test_a_judge_that_has_learnt_from_its_input_judges_as_one_that_has_not(seed: int) -> None:
    """Whatever is regular in the input, whatever is not, and whatever is wrong with it."""
    random = Random(seed)
    make, judge = regular(random), Judge(Rules())
    odd, wrong = random.choice([0, 0.02, 0.3, 0.9]), random.choice([0, 0.02, 0.3])
    for _ in range(4):
        elements = []
        for _ in range(random.choice([3, 40, 80])):
            value: Any = entry(random) if random.random() < odd else make()
            if random.random() < wrong:
                value = mutate(value, random)
            raw = written(value, random)
            elements.append(doubled(raw, random) if random.random() < wrong / 2 else raw)
        assert seen_together(judge, elements, random.choice([b",", b" ,\n"])) == seen_alone(elements)


def encoded(form: EntryForm, entry: Any) -> bytes:
    """What the digest is taken over."""
    written = bytearray()
    form.encode(entry, written)
    return bytes(written)


@pytest.mark.parametrize("seed", range(20))
def test_a_narrow_form_counts_as_the_wide_one_does(seed: int) -> None:
    random = Random(seed)
    make, wide, narrowing = regular(random), EntryForm(OPEN), Narrowing(OPEN)
    fitting = 0
    for _ in range(600):
        raw = written(make(), random)
        try:
            whole = wide.decode(raw)
        except msgspec.ValidationError:  # a side of 0
            continue
        counted, notes = wide.count(whole), wide.take_notes()
        try:
            entry = narrowing.form.decode(raw) if narrowing.form is not None else None
        except msgspec.ValidationError:
            entry = None
        if narrowing.form is None or entry is None:
            if counted is not None:
                narrowing.learn(raw)
            continue
        fitting += 1
        assert narrowing.form.count(entry) == counted  # None for an option twice, a polygon without area
        assert narrowing.form.take_notes() == notes
        assert encoded(narrowing.form, entry) == encoded(wide, whole)
    assert fitting > 50


@pytest.mark.parametrize("seed", range(20))
def test_geometries_are_counted_alike_whatever_form_an_entry_fits(seed: int) -> None:
    random = Random(seed)
    make, judge = regular(random), Judge(Rules(is_report=True))
    for _ in range(3):
        values = [make() if random.random() < 0.9 else entry(random) for _ in range(60)]
        found = judged(judge, *(written(value, random) for value in values))
        expected: Counter[str] = Counter()
        for position in found.run.positions:
            for key, geometries in values[position].get("labels", {}).items():
                expected[key] += len(geometries)
                for geometry in geometries:
                    for below, inner in geometry.get("nested_geometries", {}).items():
                        expected[f"{key}/{below}"] += len(inner)
        assert found.geometries == dict(+expected)

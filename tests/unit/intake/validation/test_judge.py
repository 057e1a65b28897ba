"""A segment is judged: its entries become columns, and what cannot be sent is rejected with reasons."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.intake.validation.forms.allowed import OPEN, spec_of
from bulk_importer.intake.validation.forms.form import EntryForm
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.labels.label_config import LabelConfig, read_label_config
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.rules import MediaFlag, MediaRules
from bulk_importer.media.task_runs import MediaTask, TaskRun
from bulk_importer.model import KeepData, Segment, Severity
from support.places import VECTORS
from support.reading import judged

POINTS = [{"x": 1, "y": 2}, {"x": 3, "y": 4}, {"x": 5, "y": 7}]


@pytest.fixture(scope="module")
def config() -> LabelConfig:
    """The configuration of the recorded answers."""
    return read_label_config(json.loads((VECTORS / "semantics.json").read_text())["label_config"])


@pytest.fixture(scope="module")
def plain() -> Judge:
    """A judge that knows the schema alone."""
    return Judge(Rules())


def codes(found: Segment) -> list[list[str]]:
    """The codes of each rejection."""
    return [[finding.code for finding in rejection.findings] for rejection in found.rejections]


def test_a_clean_segment_is_one_run_without_holes(plain: Judge) -> None:
    """Positions are a range, lanes are the ids themselves, and the bytes are those of the source."""
    found = judged(
        plain,
        {"internal_media_ID": "a", "keepData": True},
        {"internal_media_ID": "b", "keepData": False, "labels": {"car": [{"polygon": POINTS}]}},
        {"internal_media_ID": "c"},
        first=7,
        offset=1000,
    )
    run = found.run
    assert run.positions == range(7, 10)
    assert run.media_ids == ["a", "b", "c"]
    assert run.lanes is run.media_ids
    assert list(run.keeps) == [KeepData.TRUE, KeepData.FALSE, KeepData.MISSING]
    assert list(run.weights) == [1, 5, 1]
    assert run.offset == 1000
    assert json.loads(run.raw(2)) == {"internal_media_ID": "c"}
    assert (found.rejections, found.skipped, found.counts, len(found.digests)) == ((), (), {}, 24)


def test_what_is_left_out_leaves_holes_in_the_columns(plain: Judge) -> None:
    """A rejection carries position, offset, id and bytes; a list of classes is skipped."""
    found = judged(
        plain,
        {"label_classes": [{"class_name": "car", "geometry_type": "polygon"}]},
        {"internal_media_ID": "A"},
        {"internal_media_ID": "b", "keepData": 1},
        {"internal_media_ID": "c"},
        first=10,
        offset=100,
    )
    assert list(found.run.positions) == [11, 13]
    assert found.run.media_ids == ["A", "c"]
    assert found.run.lanes == ["a", "c"]
    assert [json.loads(found.run.raw(index)) for index in (0, 1)] == [
        {"internal_media_ID": "A"},
        {"internal_media_ID": "c"},
    ]
    assert found.skipped == ((10, 11),)
    (rejection,) = found.rejections
    assert (rejection.position, rejection.media_id) == (12, "b")
    assert found.run.data[rejection.offset - 100 :].startswith(rejection.raw)
    assert rejection.findings[0].pointer == "/keepData"
    assert found.counts == {"schema-type": 1}
    assert len(found.digests) == 4 * 8


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{}", "media-id-missing"),
        (b'{"label_classes":[],"keepData":true}', "media-id-missing"),
        (b"5", "schema-type"),
        (b"null", "schema-type"),
        (b'{"internal_media_ID":"a","x":"\xff"}', "not-utf8"),
        (b'{"internal_media_ID":"a","x":"\x01"}', "not-json"),
        (b'{"internal_media_ID":"a","x":"\\ud800"}', "lone-surrogate"),
        (b'{"internal_media_ID":"a","internal_media_ID":"b"}', "duplicate-key"),
        (b'{"internal_media_ID":"a","labels":{"p":[{"point":[{"x":1,"y":2,"x":3}]}]}}', "duplicate-key"),
        (b'{"internal_media_ID":"a","labels":{"p":[{"point":[{"x":1e999,"y":2}]}]}}', "number-overflow"),
        (b"[" * 200 + b"]" * 200, "too-deep"),
    ],
)
def test_what_cannot_be_sent_is_rejected(plain: Judge, raw: bytes, code: str) -> None:
    """With the code that `explain` knows, and the bytes that were read."""
    found = judged(plain, raw)
    assert [each[0] for each in codes(found)] == [code]
    assert found.rejections[0].raw == raw
    assert len(found.run) == 0


@pytest.mark.parametrize("inner", [b"[%b]", b'{"a":%b}', b'["a",{"k":%b}]'])
@pytest.mark.parametrize("key", [b"own", b"labels", b"global_classifications"])
@pytest.mark.parametrize("levels", [100, 240, 900])
def test_no_depth_exhausts_the_stack(config: LabelConfig, inner: bytes, key: bytes, levels: int) -> None:
    """Even where far more levels are allowed than a stack has."""
    nested = b"1"
    for _ in range(levels // sum(inner.count(each) for each in (b"[", b"{"))):
        nested = inner % nested
    for rules in (Rules(max_depth=1000), Rules(max_depth=1000, label_config=config)):
        found = judged(Judge(rules), b'{"internal_media_ID":"a","%b":%b}' % (key, nested))
        assert len(found.run) + len(found.rejections) == 1
        assert len(found.run) == 0 or key == b"own"


def test_the_id_of_an_unreadable_element_is_still_told(plain: Judge) -> None:
    """As far as its text can be trusted."""
    assert judged(plain, b'{"internal_media_ID" : "m-1", "x": NaN}').rejections[0].media_id == "m-1"
    assert judged(plain, b'{"x": NaN}').rejections[0].media_id is None


def test_numbers_that_the_schema_accepts_are_sent_although_no_double_holds_them(plain: Judge) -> None:
    """Without a label configuration exactly the schema decides; the loss is a warning."""
    huge = {
        "internal_media_ID": "a",
        "keepData": False,
        "labels": {"p": [{"point": [{"x": 10**400, "y": 1}]}]},
    }
    found = judged(plain, huge)
    assert found.run.media_ids == ["a"]
    assert list(found.run.keeps) == [KeepData.FALSE]
    assert found.counts == {"number-too-large": 1}


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**30])
def test_whole_numbers_of_more_than_64_bits_are_no_matter_where_nobody_reads_them(
    plain: Judge, number: int
) -> None:
    """An unknown key of a rectangle, pixels, a note of somebody's own."""
    box = {"x": 1, "y": 2, "w": 3, "h": 4, "own": [number]}
    found = judged(
        plain,
        {"internal_media_ID": "a", "labels": {"bus": [{"rectangle": [box]}]}},
        {"internal_media_ID": "b", "labels": {"bus": [{"image_segmentation": [number]}]}},
        {"internal_media_ID": "c", "own": number},
    )
    assert found.run.media_ids == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("beside", "codes_found"),
    [
        (b'"status":"completed","labeler":null,"external_media_ID":"a:b.jpg"', []),
        (b'"segmentations":["http://x/1","http://x/2"]', []),
        (b'"own":1,"other":[":"]', ["key-unknown", "key-unknown"]),
        (b'"own":{"a":1}', ["key-unknown"]),
        (b'"own":"\xc3\xa4"', ["key-unknown"]),
        (b'"own":"\xff"', ["not-utf8"]),
        (b'"own":1,"own":2', ["duplicate-key", "key-unknown"]),
        (b'"own":{"a":1,"a":2}', ["duplicate-key", "key-unknown"]),
        (b'"keepdata":false', ["key-near-known"]),
        (b'"own":' + b"[" * 200 + b"]" * 200, ["too-deep"]),
    ],
)
def test_keys_that_the_server_ignores_are_seen(
    config: LabelConfig, beside: bytes, codes_found: list[str]
) -> None:
    """Those of an export are silent, others are warned of, and what is wrong inside them is still found."""
    judge = Judge(Rules(label_config=config, keep_warnings=True))
    found = judged(
        judge, b'{"internal_media_ID":"a",' + beside + b',"labels":{"poi":[{"point":[{"x":1,"y":2}]}]}}'
    )
    findings = [
        *found.warnings,
        *(finding for rejection in found.rejections for finding in rejection.findings),
    ]
    assert [finding.code for finding in findings] == codes_found
    without = judged(judge, b'{"internal_media_ID":"a","labels":{"poi":[{"point":[{"x":1,"y":2}]}]}}')
    assert found.rejections or found.digests == without.digests


def test_losses_are_warnings_without_a_configuration_and_errors_with_one(config: LabelConfig) -> None:
    """With `--label-config none` exactly what the schema accepts is sent."""
    loss = {"internal_media_ID": "a", "labels": {"car": [{}]}}
    without = judged(Judge(Rules(keep_warnings=True)), loss)
    assert [warning.code for warning in without.warnings] == ["geometry-missing"]
    assert len(without.run) == 1
    assert codes(judged(Judge(Rules(label_config=config)), loss)) == [["geometry-missing"]]


def test_warnings_are_counted_and_handed_over_where_they_are_wanted(config: LabelConfig) -> None:
    """`check` wants them; `import` needs their number."""
    element = {"internal_media_ID": "a", "image_name": "x"}
    found = judged(Judge(Rules(label_config=config)), element)
    assert found.counts["key-unknown"] == 1
    assert found.warnings == ()
    (warning,) = judged(Judge(Rules(label_config=config, keep_warnings=True)), element).warnings
    assert (warning.code, warning.severity, warning.pointer) == (
        "key-unknown",
        Severity.WARNING,
        "/image_name",
    )


def test_an_entry_that_is_wrong_in_a_thousand_places_is_rejected_for_the_first_hundred(
    config: LabelConfig,
) -> None:
    """All are counted; what is kept stays readable, and small whatever the keys are."""
    key = "k" * 100_000
    bad = {"internal_media_ID": "a", "labels": {key: [{"point": [{"x": -1, "y": 1}]}] * 1000}}
    worse = {"internal_media_ID": "b", "labels": {"car": [{}] * 1000}}
    found = judged(Judge(Rules(label_config=config)), bad, worse)
    assert found.counts["schema-coordinate"] == found.counts["geometry-missing"] == 1000
    assert [len(rejection.findings) for rejection in found.rejections] == [100, 100]
    assert all(len(finding.pointer) < 300 for rejection in found.rejections for finding in rejection.findings)


def test_codes_are_tuned(config: LabelConfig) -> None:
    """Strict, allowed, denied; a note that is denied rejects although the entry is ordinary."""
    warned = {"internal_media_ID": "a", "image_name": "x"}
    wrong = {"internal_media_ID": "a", "global_classifications": {"weather": ["snow"]}}
    omitting = {"internal_media_ID": "a", "labels": {"car": [{"polygon": POINTS}]}}
    assert codes(judged(Judge(Rules(label_config=config, strict=True)), warned)) == [["key-unknown"]]
    allowing = Judge(Rules(label_config=config, allow=frozenset({"option-unknown"})))
    assert judged(allowing, wrong).counts["option-unknown"] == 1
    assert len(judged(allowing, wrong).run) == 1
    denying = Judge(Rules(label_config=config, deny=frozenset({"required-omitted"})))
    (rejection,) = judged(denying, omitting).rejections
    assert [(each.code, each.pointer) for each in rejection.findings] == [
        ("required-omitted", "/global_classifications")
    ]
    with pytest.raises(UsageError, match="option-unknown"):
        Judge(Rules(deny=frozenset({"option-unkown"})))


def test_rules_can_be_sent_to_a_worker_process(config: LabelConfig) -> None:
    """They are small values."""
    rules = Rules(label_config=config, deny=frozenset({"class-case"}))
    assert pickle.loads(pickle.dumps(rules)) == rules
    assert len(pickle.dumps(rules)) < 10_000


def test_a_digest_knows_an_entry_again_however_it_is_written(plain: Judge, config: LabelConfig) -> None:
    """White space, escapes, the order of keys, the writing of numbers and ignored keys do not count."""
    shape = b'{"car": [{"polygon": [{"y": 2.0, "x": 1.50}, {"x": 3, "y": 4}, {"x": 5e0, "y": 6}]}]}'
    compact = b'{"car":[{"polygon":[{"x":1.5,"y":2},{"x":3,"y":4},{"x":5,"y":6}]}]}'
    ways = [
        b'{"internal_media_ID":"\xc3\xa4","labels":%b}' % compact,
        b'{ "labels": %b,\n "internal_media_ID": "\\u00e4" }' % shape,
        b'{"internal_media_ID":"\\u00E4","status":"done","labels":%b,"own":{"note":[1]}}' % compact,
    ]
    for judge in (plain, Judge(Rules(label_config=config))):
        found = judged(judge, *ways)
        assert len(found.run) == 3
        assert {found.digests[8 * place : 8 * place + 8] for place in range(3)} == {
            judged(plain, ways[0]).digests
        }


@pytest.mark.parametrize(
    "other",
    [
        {"internal_media_ID": "b", "global_classifications": {"note": ["AB 1"]}},
        {"internal_media_ID": "a", "global_classifications": {"note": ["AB1"]}},
        {"internal_media_ID": "a", "keepData": True, "global_classifications": {"note": ["AB 1"]}},
        {"internal_media_ID": "a", "global_classifications": {"note": ["AB 1", "c"]}},
        {"internal_media_ID": "a", "global_classifications": {"note": ["AB 1"]}, "labels": {}},
    ],
)
def test_a_digest_tells_what_the_server_would_tell_apart(plain: Judge, other: dict[str, Any]) -> None:
    """A blank in a text is not white space."""
    one = {"internal_media_ID": "a", "global_classifications": {"note": ["AB 1"]}}
    assert judged(plain, one).digests != judged(plain, other).digests


EXAMPLES: list[dict[str, Any]] = [
    {"internal_media_ID": "<media_id>", "keepData": False, "global_classifications": {}, "labels": {}},
    {"internal_media_ID": "m", "global_classifications": {"weather": ["sunny", {"daytime": ["day"]}]}},
    {"internal_media_ID": "m", "labels": {"bus": [], "car": []}},
    {
        "internal_media_ID": "m",
        "labels": {
            "car": [
                {
                    "polygon": [{"x": 57, "y": 412}, {"x": 54, "y": 463}, {"x": 130, "y": 524}],
                    "classifications": {"car_type": [None]},
                }
            ]
        },
    },
    {
        "internal_media_ID": "m",
        "labels": {"street": [{"line": [{"x": 57, "y": 412}, {"x": 54, "y": 463}], "classifications": {}}]},
    },
    {"internal_media_ID": "m", "labels": {"poi": [{"point": [{"x": 57, "y": 412}], "classifications": {}}]}},
    {
        "internal_media_ID": "m",
        "labels": {"bus": [{"rectangle": [{"x": 272, "y": 302, "w": 324, "h": 169}], "classifications": {}}]},
    },
]
"""The examples of DataGym's own page about importing."""

DOCUMENTED = {
    "label_classes": [
        {"class_name": "bus", "geometry_type": "rectangle"},
        {"class_name": "car", "geometry_type": "polygon"},
        {"class_name": "street", "geometry_type": "line"},
        {"class_name": "poi", "geometry_type": "point"},
        {"class_name": "car_type", "classification_type": "select"},
        {"class_name": "weather", "classification_type": "radio"},
        {"class_name": "daytime", "classification_type": "select"},
    ]
}
"""The list of classes of the same page, with the two that its later examples use."""


@pytest.mark.parametrize("flat", [False, True])
def test_the_documented_examples_are_free_of_errors_and_warnings(config: LabelConfig, flat: bool) -> None:
    """Under a matching configuration, complete or flat."""
    judge = Judge(Rules(label_config=read_label_config(DOCUMENTED) if flat else config, keep_warnings=True))
    found = judged(judge, *EXAMPLES)
    assert (found.rejections, found.warnings) == ((), ())
    assert len(found.run) == len(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES[:2] + EXAMPLES[3:], ids=str)
def test_ordinary_entries_are_accepted_at_once(config: LabelConfig, example: dict[str, Any]) -> None:
    """The fast forms know them; the exact look would be ten times slower."""
    raw = json.dumps(example).encode()
    for spec in (OPEN, spec_of(config)):
        form = EntryForm(spec)
        assert form.count(form.decode(raw)) is not None


def index_of(path: Path, *tasks: MediaTask) -> str:
    """The path of an index of these media."""
    MediaIndex.write(path, [TaskRun.of(tasks)])
    return str(path)


MEDIA = [
    MediaTask("new", MediaFlag.IMPORTABLE),
    MediaTask("done", MediaFlag.IMPORTABLE | MediaFlag.FINISHED),
    MediaTask("held", MediaFlag.IMPORTABLE | MediaFlag.UPLOADED),
    MediaTask("benchmark", MediaFlag.BENCHMARK),
    MediaTask("twice", MediaFlag.IMPORTABLE | MediaFlag.TWICE),
    MediaTask("small", MediaFlag.IMPORTABLE, 4, 4),
]


def about(path: Path, media_rules: MediaRules, **entry: Any) -> tuple[list[list[str]], Mapping[str, int]]:
    """The codes of an entry's rejection, and the counts."""
    rules = Rules(media_index=index_of(path, *MEDIA), media_rules=media_rules)
    found = judged(Judge(rules), entry)
    return codes(found), found.counts


@pytest.mark.parametrize(
    ("media_id", "keep", "code"),
    [
        ("other", True, "media-unknown"),
        ("", True, "media-id-empty"),
        ("benchmark", False, "media-benchmark"),
        ("twice", True, "media-ambiguous"),
        ("done", False, "media-finished"),
        ("held", True, "media-uploaded"),
    ],
)
def test_media_that_must_not_be_touched_reject_the_entry(
    tmp_path: Path, media_id: str, keep: bool, code: str
) -> None:
    """Unknown ones, benchmarks, and the work of people."""
    found, _ = about(tmp_path / "media", MediaRules(), internal_media_ID=media_id, keepData=keep)
    assert found == [[code]]


@pytest.mark.parametrize(
    ("media_id", "keep", "rules"),
    [
        ("new", False, MediaRules()),
        ("NEW ", True, MediaRules()),
        ("done", True, MediaRules()),
        ("done", False, MediaRules(replace_finished=True)),
        ("held", True, MediaRules(onto_uploaded=True)),
        ("held", False, MediaRules()),
    ],
)
def test_other_media_are_imported(tmp_path: Path, media_id: str, keep: bool, rules: MediaRules) -> None:
    """Or those whose change was asked for."""
    found, counts = about(tmp_path / "media", rules, internal_media_ID=media_id, keepData=keep)
    assert found == []
    assert set(counts) <= {"media-replaced"}


def test_coordinates_are_held_against_a_known_image_size(tmp_path: Path) -> None:
    """A warning; also behind the fast accept."""
    point: dict[str, Sequence[dict[str, int]]] = {"point": [{"x": 5, "y": 1}]}
    found, counts = about(tmp_path / "media", MediaRules(), internal_media_ID="small", labels={"p": [point]})
    assert found == []
    assert counts == {"geometry-outside": 1}


@pytest.mark.parametrize("value", [b"1e999", b"9" * 400, b'"\\u00e9:"', b"[[[[[[[[1]]]]]]]]", b"null"])
def test_a_judge_learns_from_entries_with_values_that_nobody_reads(plain: Judge, value: bytes) -> None:
    """They may be numbers that no double can hold."""
    raws = [b'{"internal_media_ID":"%d","video_duration":%b}' % (at, value) for at in range(40)]
    found = judged(plain, *raws)
    assert (len(found.run), found.rejections) == (40, ())


ODD = [
    {"internal_media_ID": "a", "keepData": 1},
    {"internal_media_ID": "a", "labels": {"car": [{"polygon": []}]}},
    b'{"internal_media_ID":"a","own":{"x":[1e400]}}',
    {"label_classes": []},
    {},
    b'{"internal_media_ID":"a","internal_media_ID":"a"}',
    b'{"internal_media_ID":"a","x":"\xff"}',
    b"[" * 200 + b"]" * 200,
]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_guess_stands_when_what_is_odd_is_one_value_all_the_same(plain: Judge, odd: Any) -> None:
    """Each element is proven by itself, so an entry that is refused costs no second look at the others."""
    raws = [b'{"internal_media_ID":"b"}', odd if isinstance(odd, bytes) else json.dumps(odd).encode()] * 2
    data, lengths = b",".join(raws), list(map(len, raws))
    starts = [sum(lengths[:at]) + at for at in range(4)]
    guessed = plain.judge_guess(data, starts, lengths)
    assert guessed == plain.judge(data, starts, lengths)
    assert guessed is not None
    assert len(guessed.run) + len(guessed.rejected) + len(guessed.skipped) == 4


@pytest.mark.parametrize(
    "part", [b'{"a":"x"},{"b":1}', b'{"a":"', b'"}', b"{}}", b"{} {}", b'{"a":nul}', b""]
)
def test_a_guess_falls_with_the_first_element_that_is_no_json(plain: Judge, part: bytes) -> None:
    """It may be that entries do not end where they seem to."""
    entry = b'{"internal_media_ID":"b"}'
    data = entry + b"," + part + b"," + entry
    starts = [0, len(entry) + 1, len(entry) + len(part) + 2]
    assert plain.judge_guess(data, starts, [len(entry), len(part), len(entry)]) is None

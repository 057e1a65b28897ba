"""Every status, header and body has a verdict, and only the application's own word accepts a batch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bulk_importer.datagym.answers.judging import judge_answer
from bulk_importer.datagym.answers.schema_text import pointed_entries
from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    InDoubt,
    Refuse,
    Stop,
    TurnedAway,
)

STATUSES = st.one_of(
    st.integers(), st.sampled_from([200, 204, 301, 400, 401, 403, 404, 413, 429, 500, 502, 503, 504])
)
TEXTS = st.one_of(
    st.text(),
    st.sampled_from(["", "Schema validation failed with 1 error(s)\n\n#/0\n", "line: 1, column: 1\n"]),
    st.text(alphabet="#/012\n abE:").map("Schema validation failed with 2 error(s)\n\n".__add__),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
WORDS = st.fixed_dictionaries(
    {},
    optional={
        "errorMessages": VALUES,
        "key": st.one_of(VALUES, st.sampled_from(["ex_system", "ex_notfound", "ex_limit", "ex_gen_x"])),
        "params": VALUES,
        "status": VALUES,
    },
)
BODIES = st.one_of(
    st.binary(),
    VALUES.map(lambda value: json.dumps(value).encode()),
    WORDS.map(lambda words: json.dumps(words).encode()),
    st.tuples(WORDS, st.integers(0, 200)).map(lambda cut: json.dumps(cut[0]).encode()[: cut[1]]),
)
HEADERS = st.dictionaries(
    st.one_of(st.text(), st.sampled_from(["Retry-After", "retry-after", "Date", "Location"])),
    st.one_of(st.text(), st.sampled_from(["5", "Wed, 21 Oct 2015 07:28:00 GMT", "https://[", "//x?token=a"])),
    max_size=4,
)
# What a body must hold for the labels to be known as not written.
ROLLED_BACK = (Again, AgainInPart, Refuse, TurnedAway, Stop)


def words_of(body: bytes) -> Mapping[str, Any]:
    """The body as an object, for bodies that this test made."""
    try:
        words = json.loads(body)
    except ValueError:
        return {}
    return words if isinstance(words, dict) else {}


@given(STATUSES, HEADERS, BODIES)
@example(200, {}, b'{"errorMessages":"", "errorMessages":"no"}')
@example(429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT", "Date": "x"}, b"")
@example(302, {"Location": "http://h:99999999/"}, b"")
def test_anything_has_a_verdict(status: int, headers: dict[str, str], body: bytes) -> None:
    """No answer raises, and no wait is negative."""
    verdict = judge_answer(status, headers, body)
    assert isinstance(verdict, (Accept, InDoubt, *ROLLED_BACK))
    if isinstance(verdict, Again):
        assert verdict.after_seconds is None or verdict.after_seconds >= 0


@given(STATUSES, HEADERS, BODIES)
def test_an_empty_text_under_a_good_status_is_the_only_acceptance(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    """Nothing else ever settles a batch as delivered."""
    accepted = 200 <= status < 300 and words_of(body).get("errorMessages") == ""
    assert isinstance(judge_answer(status, headers, body), Accept) is accepted


@given(st.sampled_from([200, 201, 204, 500, 502, 504, 520, 599]), HEADERS, BODIES)
def test_nobody_s_words_are_never_safe_to_send_again(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    """Where the request may have been executed, only the application's words say that it was not."""
    words = words_of(body)
    text, key = words.get("errorMessages"), words.get("key")
    spoke = (isinstance(text, str) and text.strip()) or (isinstance(key, str) and key.startswith("ex_"))
    verdict = judge_answer(status, headers, body)
    if not spoke:
        assert isinstance(verdict, Accept | InDoubt)


@given(TEXTS)
def test_pointers_are_read_from_any_text(text: str) -> None:
    """Whatever stands in it, indexes are natural numbers and every pointer begins with a slash or is empty."""
    for index, pointers in (pointed_entries(text) or {}).items():
        assert index >= 0
        assert all(pointer == "" or pointer.startswith("/") for pointer in pointers)


PART = st.text(st.characters(exclude_characters="\n\r#"), min_size=1, max_size=8)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2000), st.lists(PART, max_size=3).map(tuple)),
        st.lists(PART, min_size=1, max_size=3),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_the_grammar_writes_is_read_back(
    blocks: dict[tuple[int, tuple[str, ...]], list[str]], separator: str
) -> None:
    """A text that is put together by the grammar gives the pointers that went in."""
    lines = [f"Schema validation failed with {len(blocks)} error(s)", ""]
    for (index, path), messages in blocks.items():
        lines += [
            "#/" + "/".join((str(index), *path)),
            *(["Either: "] if len(messages) > 1 else []),
            *messages,
            "",
        ]
    found = pointed_entries(separator.join([*lines, ""])) or {}
    expected: dict[int, set[str]] = {}
    for index, path in blocks:
        expected.setdefault(index, set()).add("".join("/" + part for part in path))
    assert {index: set(pointers) for index, pointers in found.items()} == expected

"""Which bodies of uploads are taken, which are refused, and with which words."""

from __future__ import annotations

import json
import math
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.sandbox.jackson.reader import MOST_LEVELS_JUDGED, read_tree
from bulk_importer.sandbox.schema.body import RefusedBody, read_body
from bulk_importer.sandbox.schema.check import MOST_FAILURES


def text_of(body: bytes | str) -> str:
    outcome = read_body(body.encode() if isinstance(body, str) else body)
    assert isinstance(outcome, RefusedBody)
    assert outcome.status == 200
    text = outcome.answer["errorMessages"]
    assert isinstance(text, str)
    return text


def key_of(body: bytes) -> object:
    outcome = read_body(body)
    assert isinstance(outcome, RefusedBody)
    assert outcome.status == 500
    return outcome.answer["key"]


def entries_of(body: bytes) -> list[dict[str, object]]:
    outcome = read_body(body)
    assert isinstance(outcome, list), outcome
    return outcome


class TestWhatPasses:
    @pytest.mark.parametrize(
        "body",
        [
            b'[{"a":1}] and more',
            b'[{"a":1}][{"internal_media_ID":5}]',
            b'\xef\xbb\xbf[{"a":1}]',
            b'\n [ { "a" : 1 } ] \x00',
            b'[{"a":2,"a":1}]',
            '[{"a":1}]'.encode("utf-16"),
            '[{"a":1}]'.encode("utf-32-be"),
        ],
    )
    def test_what_the_server_ignores_makes_no_difference(self, body: bytes) -> None:
        assert entries_of(body) == [{"a": 1}]

    def test_text_behind_the_array_is_ignored_wherever_other_scripts_push_it(self) -> None:
        assert entries_of('[{"ä":"😀"}] trailing'.encode()) == [{"ä": "😀"}]

    def test_of_duplicate_keys_the_last_value_wins_at_the_place_of_the_first(self) -> None:
        assert list(entries_of(b'[{"a":1,"b":2,"a":3}] x')[0].items()) == [("a", 3), ("b", 2)]

    def test_lone_surrogates_reach_the_meaning_as_they_are(self) -> None:
        assert entries_of(rb'[{"internal_media_ID":"\ud800"}]') == [{"internal_media_ID": "\ud800"}]

    def test_escaped_pairs_of_surrogates_become_one_character_also_beside_a_lone_one(self) -> None:
        assert entries_of(rb'[{"a":"\ud83d\ude00\ud800"}]') == [{"a": "\U0001f600\ud800"}]

    def test_a_number_too_large_for_a_double_is_infinite(self) -> None:
        assert entries_of(b'[{"q":-1e400}]') == [{"q": -math.inf}]

    def test_integers_keep_all_their_digits_where_python_lets_them(self) -> None:
        assert entries_of(b'[{"q":%s,"r":1e400}]' % (b"7" * 400)) == [{"q": int("7" * 400), "r": math.inf}]

    def test_an_integer_of_endless_digits_is_infinite_and_right(self) -> None:
        (entry,) = entries_of(b'[{"labels":{"c":[{"point":[{"x":1,"y":%s}]}]}}]' % (b"9" * 5000))
        assert entry["labels"] == {"c": [{"point": [{"x": 1, "y": math.inf}]}]}


class TestWhatIsRefused:
    def test_too_large_a_number_is_the_text_infinity_to_the_server(self) -> None:
        text = text_of('[{"labels":{"c":[{"point":[{"x":1e400,"y":1}]}]}}]')
        assert "string [Infinity] does not match pattern ^[0-9]+$\n" in text
        assert "expected type: Number, found: String\n" in text

    @pytest.mark.parametrize(
        ("number", "kind"),
        [
            ("2147483647", "Integer"),
            ("2147483648", "Long"),
            ("9223372036854775808", "BigInteger"),
            ("1" * 5000, "BigInteger"),
            ("1.0", "BigDecimal"),
            ("12345678901234567890.0", "BigDecimal"),
            ("-0.0", "Double"),
        ],
    )
    def test_numbers_are_called_by_their_java_class(self, number: str, kind: str) -> None:
        text = text_of(f'[{{"internal_media_ID":{number}}}]')
        assert text.endswith(f"expected type: String, found: {kind}\n\n")

    def test_a_message_comes_back_under_a_later_entry_that_it_does_not_belong_to(self) -> None:
        text = text_of('[1,{"internal_media_ID":2}]')
        block = "#/1/internal_media_ID\nEither: \nexpected type: JSONObject, found: Integer\n"
        assert block in text

    def test_keys_are_escaped_once_more_for_each_level_of_failure_below_them(self) -> None:
        assert "#/0/labels/a~1b/0\n" in text_of('[{"labels":{"a/b":[{"x":1}]}}]')
        assert "#/0/labels/a~01b/0\n" in text_of('[{"labels":{"a/b":[{"x":1,"y":1}]}}]')
        assert "#/0/labels/a~001b/0\n" in text_of('[{"labels":{"a/b":[{"x":1,"y":1},1]}}]')

    def test_a_key_with_a_colon_crashes_the_server_when_its_entry_breaks_several_rules(self) -> None:
        assert key_of(b'[{"labels":{"a:b":1,"c":1}},1]') == "ex_system"
        assert "#/0/labels/a:b\n" in text_of('[{"labels":{"a:b":1}},1]')

    def test_a_key_with_a_bar_garbles_the_messages(self) -> None:
        assert "#/0/labels/a|b\n|\n" in text_of('[{"labels":{"a|b":1,"c":1}},1]')

    def test_malformed_json_is_told_with_line_and_column(self) -> None:
        text = text_of(b'[\n {"a":1,}]')
        assert text.startswith("line: 2, column: 10\nUnexpected character ('}' (code 125))")

    def test_a_byte_order_mark_counts_for_the_columns(self) -> None:
        assert text_of(b"\xef\xbb\xbf[1 2]").startswith("line: 1, column: 8\n")

    @pytest.mark.parametrize("body", [b"", b" \r\n", b"\xfe\xff\x00 "])
    def test_nothing_at_all_is_told_apart_from_malformed(self, body: bytes) -> None:
        assert key_of(body) == "ex_gen_error_messages"

    @pytest.mark.parametrize("body", [b"{}", b"null", b'"a"', b"12 ", b"true", b"1e400"])
    def test_what_is_no_array_is_told_in_the_words_of_another_library(self, body: bytes) -> None:
        outcome = read_body(body)
        assert isinstance(outcome, RefusedBody)
        assert outcome.answer == {
            "key": "ex_gen_error_messages",
            "params": ["A JSONArray text must start with '[' at 1 [character 2 line 1]"],
            "msg": "No msg available for key: ex_gen_error_messages",
            "code": 500,
            "details": [],
        }

    def test_bytes_that_are_no_text_are_told_in_the_words_of_the_reader(self) -> None:
        outcome = read_body("[1".encode("utf-32-le") + b"x")
        assert isinstance(outcome, RefusedBody)
        sentence = (
            "Unexpected EOF in the middle of a 4-byte UTF-32 char: got 1, needed 4, at char #2, byte #9)"
        )
        assert outcome.answer["params"] == [sentence]


class TestDepth:
    def test_a_hundred_thousand_brackets_overflow_the_server_and_nothing_here(self) -> None:
        assert key_of(b"[" * 100_000) == "ex_system"
        assert key_of(b"[" * 100_000 + b"]" * 100_000) == "ex_system"

    def test_what_is_deep_and_ignored_passes_up_to_the_limit(self) -> None:
        levels = MOST_LEVELS_JUDGED - 2
        assert entries_of(b'[{"a":%s%s}]' % (b"[" * levels, b"]" * levels))
        assert key_of(b'[{"a":%s[]%s}]' % (b"[" * levels, b"]" * levels)) == "ex_system"

    @pytest.mark.parametrize(("levels", "passes"), [(100, True), (450, False), (5000, False)])
    def test_classifications_within_each_other_overflow_the_validator(
        self, levels: int, passes: bool
    ) -> None:
        body = b'[{"global_classifications":{"k":%s[]%s}}]' % (b'["a",{"c":' * levels, b"}]" * levels)
        assert isinstance(read_body(body), list) == passes

    def test_a_key_that_doubles_with_each_level_ends_in_a_refusal_and_not_in_exhausted_memory(self) -> None:
        nested = b'["a",{"\\\\":' * 60 + b"[1]" + b"}]" * 60
        assert key_of(b'[{"global_classifications":{"k":%s}},1]' % nested) == "ex_system"


@pytest.mark.slow
def test_more_failures_than_memory_could_hold_end_in_a_refusal() -> None:
    assert key_of(b"[%s0]" % (b"0," * MOST_FAILURES)) == "ex_system"


class TestTheQuickWay:
    """A large body is read by a fast parser as far as that goes; the answers are those of the exact one."""

    entries: ClassVar = [
        {"internal_media_ID": f"m{n}", "labels": {"ä": [{"point": [{"x": n, "y": 1.5}]}]}}
        for n in range(3000)
    ]
    body = json.dumps(entries, ensure_ascii=False, indent=1).encode()

    def test_the_place_of_an_error_near_the_end_is_exact(self) -> None:
        place = self.body.rindex(b'"x"')
        text = text_of(self.body[:place] + b"'" + self.body[place:])
        line_start = self.body.rindex(b"\n", 0, place)
        line, column = self.body.count(b"\n", 0, place) + 1, place - line_start + 1
        reason = "Unexpected character (''' (code 39)): was expecting double-quote to start field name"
        assert text == f"line: {line}, column: {column}\n{reason}"

    def test_an_array_that_ends_too_early_names_its_beginning(self) -> None:
        text = text_of(self.body[: self.body.rindex(b"]")])
        assert text.endswith(
            "(start marker at [Source: (org.apache.catalina.connector.CoyoteInputStream); line: 1, column: 1])"
        )

    def test_entries_behind_a_wrong_cut_are_still_read(self) -> None:
        inner = b'[{"a":1,"b":[%s]},{"c":]' % b",".join([b'{"a":2}'] * 20_000)
        assert text_of(inner).startswith(
            f"line: 1, column: {len(inner) + 1}\nUnexpected character (']' (code 93))"
        )

    def test_lone_surrogates_do_not_hide_the_entries_before_them(self) -> None:
        body = self.body[: self.body.rindex(b"]")] + rb',{"internal_media_ID":"\udfff"}]'
        assert entries_of(body) == [*self.entries, {"internal_media_ID": "\udfff"}]

    def test_one_wrong_entry_among_many_is_the_only_one_named(self) -> None:
        assert text_of(self.body[: self.body.rindex(b"]")] + b",5]") == (
            "Schema validation failed with 1 error(s)\n\n#/3000\nexpected type: JSONObject, found: Integer\n\n"
        )


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
entry_keys = st.sampled_from(["internal_media_ID", "keepData", "labels", "global_classifications", "other"])


@given(st.lists(st.dictionaries(entry_keys, json_values, max_size=4), max_size=4))
def test_the_exact_parser_reads_what_python_reads(entries: list[dict[str, object]]) -> None:
    body = json.dumps(entries).encode()
    assert read_tree(body) == json.loads(body)


@given(st.lists(st.dictionaries(entry_keys, json_values, max_size=4), max_size=4), st.integers(0, 400))
def test_every_outcome_is_entries_or_a_refusal_also_of_half_a_body(
    entries: list[dict[str, object]], cut: int
) -> None:
    outcome = read_body(json.dumps(entries).encode()[:cut])
    assert isinstance(outcome, (list, RefusedBody))


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_refused_or_read_and_the_answer_can_be_written(body: bytes) -> None:
    outcome = read_body(body)
    assert isinstance(outcome, list) or json.dumps(outcome.answer)

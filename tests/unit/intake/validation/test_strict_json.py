"""The text of an element is proven to be JSON that means one thing to everybody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.intake.validation.strict_json import parsed, repeats_a_key
from support.profiles import examples

LIMIT = 16


def codes(raw: bytes) -> list[tuple[str, str]]:
    """Code and pointer of each flaw."""
    return [(flaw.code, flaw.pointer) for flaw in parsed(raw, max_depth=LIMIT)[1]]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":01}',
        b'{"a":1.}',
        b'{"a":.5}',
        b'{"a":+1}',
        b'{"a":"\x01"}',
        b'{"a":"\n"}',
        b'{"a":"\\q"}',
        b'{"a":"\\u12G4"}',
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a" "b"}',
        b"[1",
        b"1 2",
        b"",
        b"\x0b1",
    ],
)
def test_what_is_not_json_is_said_to_be_so(raw: bytes) -> None:
    """Whatever some parsers let pass."""
    assert codes(raw) == [("not-json", "")]


@pytest.mark.parametrize("raw", [b'{"a":nan}', b'{"a":-inf}', b'{"a":-NaN}', b'{"a":[1,NAN]}'])
def test_what_other_languages_print_for_no_number_is_said_to_be_so(raw: bytes) -> None:
    """Where the rest cannot be read for it, at the byte."""
    assert codes(raw) == [("not-a-number", "")]


def test_what_python_writes_for_no_number_is_found_where_it_stands() -> None:
    """Each of them, as `json.dump` writes it."""
    (_, flaws) = parsed(b'{"a":[NaN,{"b/c":-Infinity}],"d":"NaN","e":Infinity}', max_depth=LIMIT)
    assert [(flaw.code, flaw.pointer, flaw.found) for flaw in flaws] == [
        ("not-a-number", "/a/0", "NaN"),
        ("not-a-number", "/a/1/b~1c", "-Infinity"),
        ("not-a-number", "/e", "Infinity"),
    ]


@pytest.mark.parametrize(
    ("text", "expected", "found"),
    [
        ('{"a":1,}', "a value behind each comma", "a comma too many at byte 6 of the element: ,}"),
        ('{"a":[1, ]}', "a value behind each comma", "a comma too many at byte 7 of the element: , ]}"),
        ("[1,,2]", "a value behind each comma", "a comma too many at byte 2 of the element: ,,2]"),
        ("{'a':1}", "double quotes", "a text in single quotes at byte 1 of the element: 'a':1}"),
        ("{\"ß\":'x'}", "double quotes", "a text in single quotes at byte 6 of the element: 'x'}"),
        (
            "{“a”:1}",
            'plain double quotes, "',
            "a typographic quotation mark at byte 1 of the element: “a”:1}",
        ),
        ('{"a":True}', "true", "a word that JSON does not know at byte 5 of the element: True}"),
        ('{"a":None}', "null", "a word that JSON does not know at byte 5 of the element: None}"),
        ("{a:1}", '"a"', "a key without quotation marks at byte 1 of the element: a:1}"),
        ('{"a":1 /* one */}', "no comments", "a comment at byte 7 of the element: /* one */}"),
        ('{ // one\n"a":1}', "no comments", 'a comment at byte 2 of the element: // one "a":1}'),
        (
            '{"a":0x10}',
            "a number such as 10, 0.5 or -1.5e3",
            "a number in another form than JSON's at byte 5 of the element: 0x10}",
        ),
        (
            '{"a":-.5}',
            "a number such as 10, 0.5 or -1.5e3",
            "a number in another form than JSON's at byte 5 of the element: -.5}",
        ),
        (
            '{"a":5.}',
            "a number such as 10, 0.5 or -1.5e3",
            "a number in another form than JSON's at byte 5 of the element: 5.}",
        ),
        ('{"a":"x\ny"}', "\\n in its place", 'a line break inside a text at byte 7 of the element: y"}'),
        (
            '{"a":"C:\\data"}',
            "an escape, or \\\\ for a backslash",
            'a backslash that begins no escape at byte 8 of the element: \\data"}',
        ),
        ('{"a" "b"}', "a colon", 'something else at byte 5 of the element: "b"}'),
        ('{"a":1', "the rest of it", "the element breaks off at byte 6 of the element"),
    ],
)
def test_what_is_nearly_json_is_said_to_be_what_it_is(text: str, expected: str, found: str) -> None:
    """What people and other languages write, in words and with its place."""
    [flaw] = parsed(text.encode(), max_depth=LIMIT)[1]
    assert (flaw.code, flaw.expected, flaw.found) == ("not-json", expected, found)


@given(st.text(alphabet="{}[]\"',:0123456789.eE-+ \n\tnNaItTrué#/\\“", max_size=30))
@settings(max_examples=examples(500))
def test_whatever_the_text_there_are_words_for_it(text: str) -> None:
    """Never an exception, and one place."""
    flaws = parsed(text.encode(), max_depth=LIMIT)[1]
    assert all(flaw.expected and flaw.found for flaw in flaws)


@pytest.mark.parametrize(
    "raw", [b'{"a":"\xff"}', b'{"a":"\xc0\x80"}', b'{"a":"\xed\xa0\x80"}', b'{"\xff":1}']
)
def test_bytes_that_are_not_utf8_are_named(raw: bytes) -> None:
    """Overlong forms and encoded surrogates are not UTF-8 either."""
    assert codes(raw) == [("not-utf8", "")]


def test_half_of_a_pair_is_found_where_it_stands() -> None:
    """In values and in keys; a whole pair is a character."""
    assert codes(b'{"a":["x","\\ud800"]}') == [("lone-surrogate", "/a/1")]
    assert codes(b'{"a":{"\\udc00b":1}}') == [("lone-surrogate", "/a/?b")]
    assert codes(b'{"a":"\\ud83d\\ude97"}') == []


def test_a_key_that_comes_twice_is_found_where_it_stands() -> None:
    """However it is spelled; the last one wins, as in the server."""
    value, flaws = parsed(b'{"a":[{"b":1,"c":2,"\\u0062":3}],"a:":":"}', max_depth=LIMIT)
    assert value == {"a": [{"b": 3, "c": 2}], "a:": ":"}
    assert [(flaw.code, flaw.pointer) for flaw in flaws] == [("duplicate-key", "/a/0/b")]


def test_a_key_that_is_named_twice_among_very_many_is_found() -> None:
    """To compare each with each would take minutes."""
    raw = b"{" + b",".join(b'"%d":1' % number for number in range(200_000)) + b',"7":2}'
    assert codes(raw) == [("duplicate-key", "/7")]


def test_depth_is_counted_outside_of_texts() -> None:
    """Brackets in a text are no levels, and quotation marks can be escaped."""
    inner = b'"' + b"[" * 50 + b'\\"' + b"{" * 50 + b'\\\\"'
    assert codes(b"[" * LIMIT + inner + b"]" * LIMIT) == []
    assert codes(b"[" * (LIMIT + 1) + inner + b"]" * (LIMIT + 1)) == [("too-deep", "")]
    assert codes(b'[{"a":[]},' * 8 + b"1" + b"]" * 8) == []


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000 + b"]" * 100_000, b"[" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000]
)
def test_a_hundred_thousand_levels_are_refused_unread(raw: bytes) -> None:
    """No stack is used up."""
    assert codes(raw) == [("too-deep", "")]


def test_numbers_that_no_double_can_hold_arrive_as_infinity_or_whole() -> None:
    """So that the schema sees a number; whole numbers of a thousand digits are numbers."""
    value, flaws = parsed(b"[1e999,-1e999," + b"9" * 1000 + b"," + b"9" * 10_000 + b"]", max_depth=LIMIT)
    assert value == [float("inf"), float("-inf"), int("9" * 1000), float("inf")]
    assert flaws == []


@pytest.mark.parametrize(
    ("raw", "keys", "may_repeat"),
    [
        (b'{"a":1,"b":2}', 2, False),
        (b'{"a":1,"a":2}', 1, True),
        (b'{"a":"x:y"}', 1, False),
        (b'{"a" : "x:y"}', 1, True),
        (b'{"a":":"}', 1, True),
        (b'{"a"\n:"x:","b"\t:1}', 2, True),
    ],
)
def test_counting_colons_proves_that_no_key_was_lost(raw: bytes, keys: int, may_repeat: bool) -> None:
    """It may say "perhaps" where there is no repetition, and never "no" where there is one."""
    assert repeats_a_key(raw, keys) is may_repeat

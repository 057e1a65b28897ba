"""ijson is asked only what it answers exactly: where JSON stops, and where an array begins and its document ends."""

from __future__ import annotations

import pytest

from bulk_importer.intake.framing.exact import ArrayFinder, NotJson, complaint


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b'{"a" 1}', 6),
        (b'{"a":01}', 7),
        (b'{"a":"\\x"}', 7),
        (b'{"a":tru}', 8),
        (b'{"a":1,}', 7),
        (b'{"a":\x0c1}', 5),
        (b'{"a":"\xff"}', 6),
        (b"[1}", 2),
        (b"[" + b"9" * 6000 + b"x]", 6001),
        (b'["' + "é".encode() * 4_000 + b'" 1]', 8_005),
    ],
)
def test_the_first_byte_that_is_no_json_is_named(data: bytes, offset: int) -> None:
    """To the byte, wherever the pieces in which it is fed end. A number that is none is known by the byte behind it."""
    found = complaint(data)
    assert found is not None
    assert found.offset == offset


@pytest.mark.parametrize("data", [b'{"a":[1', b"", b'"abc', b"[" * 100_000, b"[" + b"9" * 6000 + b"]"])
def test_a_beginning_of_json_is_no_complaint(data: bytes) -> None:
    """However deep, and however long its numbers."""
    assert complaint(data) is None


@pytest.mark.parametrize(
    ("data", "keys", "at"),
    [
        (b"[1]", (), 1),
        (b'{"a":[1]}', ("a",), 6),
        (b'{"a":{"b":[0]},"b":[1]}', ("b",), 20),
        (b'{"x":[{"a":{"b":[9]}}],"a":{"c":1,"b":[', ("a", "b"), 39),
        (b'{"a":1,"a":[2]}', ("a",), 12),
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_an_array_is_found_behind_its_bracket(
    data: bytes, keys: tuple[str, ...], at: int, piece: int
) -> None:
    """At its depth and below its keys only, in pieces of any size."""
    finder = ArrayFinder(keys)
    for begin in range(0, len(data), piece):
        found = finder.find(data[begin : begin + piece])
        if found is not None:
            assert begin + found == at
            return
    raise AssertionError("it is there")


def follow(finder: ArrayFinder, data: bytes, piece: int = 1000) -> None:
    """Read the rest of a document to its end, in pieces of so many bytes."""
    for at in range(0, len(data), piece):
        finder.find(data[at : at + piece])
    finder.finish()


@pytest.mark.parametrize(
    ("data", "offset"), [(b"  x", 2), (b',"b":1}}', 7), (b"", 0), (b',"a":[1]}', 5), (b"}\x0c", 1)]
)
def test_what_may_not_follow_an_array_is_named(data: bytes, offset: int) -> None:
    """Garbage, an end too early, a second array of that name."""
    with pytest.raises(NotJson) as raised:
        follow(ArrayFinder.behind(("a",)), data)
    assert raised.value.offset == offset


@pytest.mark.parametrize("data", [b' "', b'"abc', b' "abc"', b" tru", b"1", b"\n[", b"\x00"])
def test_what_follows_a_document_is_named_where_it_begins(data: bytes) -> None:
    """Also a word or a string that is not finished, which the parser would wait for."""
    with pytest.raises(NotJson) as raised:
        follow(ArrayFinder.behind(()), data)
    assert raised.value.offset == len(data) - len(data.lstrip())


@pytest.mark.parametrize("piece", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    "text", [b"\\ude00", b"\\uDFFF\\ud800", b"x\\udc00\\udc00", b"\\ud83d\\ude00\\ude00", b"\\\\ude00"]
)
def test_surrogates_that_stand_alone_are_json(text: bytes, piece: int) -> None:
    """As a value and as a key, before the array and behind it, wherever the pieces end."""
    assert complaint(b'{"a":"' + text + b'"}') is None
    finder = ArrayFinder(("a",))
    data = b'{"' + text + b'":["' + text + b'"],"a":['
    found = [finder.find(data[at : at + piece]) for at in range(0, len(data), piece)]
    assert found[-1] == (len(data) - 1) % piece + 1


def test_a_pair_of_surrogates_in_a_key_leads_to_the_array() -> None:
    """Only those that stand alone are fed as something else."""
    data = b'{"\\ud83d\\ude00":['
    assert ArrayFinder(("\U0001f600",)).find(data) == len(data)


@pytest.mark.parametrize("tail", [b"]", b"}", b"x", b'"', b"1", b"{}", b"\x00", "\u00e9".encode()])
@pytest.mark.parametrize("piece", [1, 3, 100])
def test_what_follows_the_document_is_named_by_its_first_byte(tail: bytes, piece: int) -> None:
    """Wherever the pieces end, and whatever lay between the array and the end."""
    whole = b', "b": {"c": [1, {}]}} \n'
    with pytest.raises(NotJson) as refused:
        follow(ArrayFinder.behind(("a",)), whole + tail + b" ", piece=piece)
    assert refused.value.offset == len(whole)

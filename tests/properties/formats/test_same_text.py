"""What editors, spreadsheets and other systems do to a text file changes nothing of what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bulk_importer.formats.members import is_picture
from support.formats.converted import Converted, converted
from support.formats.golden import GOLDEN, Golden
from support.formats.in_memory import MemberTexts, texts_of

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "a byte order mark in front": lambda text: b"\xef\xbb\xbf" + text,
    "line ends of Windows": lambda text: text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "blank lines at the end": lambda text: text + b"\n\n \n",
    "no line end at the end": lambda text: text.rstrip(b"\r\n"),
}


def read(golden: Golden, way: Callable[[bytes], bytes]) -> Converted:
    """What becomes of a source whose text files have all gone the same way."""
    texts = {
        path: text if is_picture(path) else way(text.removeprefix(b"\xef\xbb\xbf"))
        for path, text in texts_of(golden.path).items()
    }
    return converted(MemberTexts(texts), golden.form, golden.choices)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_a_source_says_the_same(golden: Golden, way: str) -> None:
    """The same entries, and the same findings."""
    found, expected = read(golden, WAYS[way]), read(golden, lambda text: text)
    assert found.entries == expected.entries
    assert found.found == expected.found

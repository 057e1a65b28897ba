"""Whatever stands in a label file in place of what a tool wrote: it is carried, found, asked about, or refused.

The files are those of tools, with something taken out, doubled, moved or replaced in them. Then what comes out is
judged as an import: what is written are entries, one a line, and the account closes.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Angle, ChoiceNeeded, Choices, Holes
from bulk_importer.formats.members import is_picture
from bulk_importer.formats.table import recognised
from bulk_importer.labels.findings import CATALOGUE
from support.formats.converted import Converted, converted
from support.formats.golden import GOLDEN
from support.formats.in_memory import MemberTexts, texts_of
from support.places import VECTORS
from support.profiles import examples

FORMS = sorted({golden.form for golden in GOLDEN} | {"datagym-export"})
VALUES: list[Any] = [
    *(None, True, False, -1, 0, 3, 1.5, 1e300, 2**63, 2**70, -(2**63), "", "x", "1e999", "\ud800", [], {}),
    10**400,
    *([1], [[1, 2]], [None], [[[1]]], [{}], {"a": 1}, [[1, 2], [3, 4], [5, 6]], {"x": 1, "y": None}),
]
WORDS = [
    b"",
    b"x",
    b"-1",
    b"1e400",
    b"nan",
    b"99999999999999999999",
    b"9" * 400,
    b"0",
    b"1.5",
    b"\xc2\xb2",
    b"\xff",
    b"null",
]
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


@cache
def sources(form: str) -> tuple[dict[str, bytes], ...]:
    """The sources of a format, as texts by name."""
    if form == "datagym-export":
        return (texts_of(VECTORS / "export.json"),)
    return tuple(texts_of(golden.path) for golden in GOLDEN if golden.form == form)


def flags(form: str) -> dict[str, Any]:
    """What a person has to say about the sources of a format."""
    found: dict[str, dict[str, Any]] = {
        "via": {"class_attribute": "object"},
        "darwin": {"ellipse_angle": Angle.RADIANS},
    }
    return found.get(form, {})


@st.composite
def mutated(draw: st.DrawFn, form: str) -> dict[str, bytes]:
    """A source of which one file is not what a tool wrote."""
    texts = dict(draw(st.sampled_from(sources(form))))
    path = draw(st.sampled_from([path for path in texts if not is_picture(path)]))
    is_json = path.endswith(("json", ".ndjson"))
    if is_json and draw(st.integers(0, 4)):
        texts[path] = draw(other_json(texts[path], is_lines=path.endswith(".ndjson")))
    else:
        texts[path] = draw(other_bytes(texts[path]))
    return texts


@st.composite
def other_json(draw: st.DrawFn, text: bytes, *, is_lines: bool) -> bytes:
    """A document with one or two of its nodes changed."""
    whole = {"all": [json.loads(line) for line in text.splitlines()] if is_lines else json.loads(text)}
    for _ in range(draw(st.integers(1, 2))):
        holder, key = draw(st.sampled_from(nodes(whole)))
        change = draw(st.sampled_from(["delete", "double", "wrap", "replace", "replace", "move"]))
        if change == "delete" and isinstance(holder, dict):
            del holder[key]
        elif change == "delete":
            holder.pop(key)
        elif change == "double":
            holder[key] = [holder[key], deepcopy(holder[key])]
        elif change == "wrap":
            holder[key] = {"x": holder[key]}
        elif change == "move":
            other, place = draw(st.sampled_from(nodes(whole)))
            holder[key] = deepcopy(other[place])
        else:
            holder[key] = deepcopy(draw(st.sampled_from(VALUES)))  # it may be changed, too
        if not nodes(whole):
            break
    found = whole.get("all")
    lines = found if is_lines and isinstance(found, list) else [found]
    return "\n".join(map(json.dumps, lines)).encode()


def nodes(node: Any) -> list[tuple[Any, Any]]:
    """Where the nodes of a document are: what holds them, and under which key or number."""
    found: list[tuple[Any, Any]] = []
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        found += [(node, key), *nodes(node[key])]
    return found


@st.composite
def other_bytes(draw: st.DrawFn, text: bytes) -> bytes:
    """A text that is cut, or has a line, a word or a number changed."""
    change = draw(st.sampled_from(["cut", "delete", "double", "word", "number", "number", "byte"]))
    if change == "cut":
        return text[: draw(st.integers(0, len(text)))]
    numbers = list(NUMBER.finditer(text))
    if change == "number" and numbers:
        found = draw(st.sampled_from(numbers))
        return text[: found.start()] + draw(st.sampled_from(WORDS)) + text[found.end() :]
    if change == "byte":
        at = draw(st.integers(0, len(text)))
        return text[:at] + draw(st.binary(min_size=1, max_size=1)) + text[at + 1 :]
    lines = text.split(b"\n")
    at = draw(st.integers(0, len(lines) - 1))
    if change == "delete":
        del lines[at]
    elif change == "double":
        lines.insert(at, lines[at])
    else:
        words = lines[at].split(b" ")
        words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(WORDS))
        lines[at] = b" ".join(words)
    return b"\n".join(lines)


def outcome(texts: dict[str, bytes], form: str, choices: Choices) -> Converted | Exception:
    """What becomes of a source, or how it is refused."""
    with suppress(ChoiceNeeded):
        recognised(MemberTexts(texts))
    try:
        return converted(MemberTexts(texts), form, choices)
    except (SourceUnreadable, ChoiceNeeded) as error:
        return error


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
@settings(max_examples=examples(30))
def test_a_mutated_file_is_carried_found_asked_about_or_refused(form: str, data: st.DataObject) -> None:
    """Never anything else; findings say what they should, and where."""
    texts = data.draw(mutated(form))
    choices = Choices(holes=data.draw(st.sampled_from(Holes)), clip=data.draw(st.booleans()), **flags(form))
    found = outcome(texts, form, choices)
    if isinstance(found, Exception):
        place = ("--",) if isinstance(found, ChoiceNeeded) else ("source", *texts)
        assert any(each in str(found) for each in place), found
        return
    for label, read in found.books.read.items():
        assert read == found.books.carried.get(label, 0) + found.books.left_behind.get(label, 0)
    assert all(left.code in CATALOGUE and left.origin for left in found.found)
    assert len(found.entries) == found.books.entries

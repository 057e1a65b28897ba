"""What is malformed ends in an error or a finding that names file and place, in every format, whatever it lies in."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.formats import json_rows, xml_rows
from bulk_importer.formats.documents.coco.text import window
from bulk_importer.formats.members import is_picture
from bulk_importer.sources import members as sources
from support.formats.converted import Converted, converted
from support.formats.golden import GOLDEN, Golden
from support.formats.in_memory import MemberTexts, texts_of
from support.places import VECTORS

FIRST = {golden.form: golden for golden in reversed(GOLDEN)}
"""A source of each format."""

OTHERS: tuple[Any, ...] = (None, 3, "x", {}, [], [3])
"""What may stand in place of a section."""

WRONG = {
    "nothing": b"",
    "blanks": b" \n\n ",
    "null": b"null",
    "a number": b"3",
    "a text": b'"labels"',
    "an empty array": b"[]",
    "an empty object": b"{}",
    "arrays in arrays": b"[" * 2000,
    "objects in objects": b'{"a":' * 2000,
    "zeros": bytes(200),
    "no text": bytes(range(128, 256)),
    "XML": b"<annotation/>",
    "XML with a DOCTYPE": b'<!DOCTYPE annotation [<!ENTITY e "text">]><annotation>&e;</annotation>',
}


def outcome(source: Path | dict[str, bytes], golden: Golden) -> Converted | str:
    """What becomes of it, or why it is refused."""
    members = source if isinstance(source, Path) else MemberTexts(source)
    try:
        return converted(members, golden.form, golden.choices)
    except (SourceUnreadable, UsageError) as error:
        return str(error)


def labels_in(golden: Golden) -> tuple[dict[str, bytes], str]:
    """The files of a source, and the longest of them: the one with the labels."""
    texts = texts_of(golden.path)
    return texts, max((path for path in texts if not is_picture(path)), key=lambda path: len(texts[path]))


def changed_at(sections: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """The same without one of its keys, and with something else below it."""
    yield {name: value for name, value in sections.items() if name != key}
    yield from ({**sections, key: other} for other in OTHERS)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("form", FIRST)
def test_what_is_no_label_file_is_refused_or_found(form: str, wrong: str) -> None:
    """With the name of the source, or of the file in it."""
    texts, path = labels_in(FIRST[form])
    found = outcome({**texts, path: WRONG[wrong]}, FIRST[form])
    if isinstance(found, str):
        assert "source" in found or path in found
    else:
        assert all(left.origin for left in found.found)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda each: each.name)
def test_a_file_that_breaks_off_loses_nothing_silently(golden: Golden) -> None:
    """Wherever it does: a part of it is never taken for the whole of a document."""
    texts, path = labels_in(golden)
    for share in (0.1, 0.5, 0.9):
        cut = texts[path][: int(len(texts[path]) * share)]
        found = outcome({**texts, path: cut}, golden)
        if isinstance(found, str):
            assert "source" in found or path in found
        elif path.endswith(("json", ".xml")):  # the lines of other files stand for themselves
            assert not found.books.is_complete


@pytest.mark.parametrize("form", FIRST)
def test_sections_that_are_missing_or_of_another_kind_are_refused_or_found(form: str) -> None:
    """One after the other."""
    texts, path = labels_in(FIRST[form])
    if not path.endswith("json"):
        return
    lines = path.endswith(".ndjson")
    whole = json.loads(texts[path].splitlines()[0] if lines else texts[path])
    sections: dict[str, Any] = whole[0] if isinstance(whole, list) else whole
    for key in list(sections):
        for changed in changed_at(sections, key):
            text = json.dumps([changed] if isinstance(whole, list) else changed).encode()
            found = outcome({**texts, path: text}, FIRST[form])
            assert isinstance(found, str) or all(left.origin for left in found.found)


@pytest.mark.parametrize("form", FIRST)
def test_an_archive_is_read_as_its_files_are_whatever_their_names_say(form: str, tmp_path: Path) -> None:
    """Below a folder, and beside a link and names that lead out of it; nothing is written anywhere."""
    golden = FIRST[form]
    link = zipfile.ZipInfo("link.json")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in texts_of(golden.path).items():
            archive.writestr(path, text)
        if golden.path.is_dir():
            archive.writestr(link, "/etc/hostname")
            archive.writestr("/etc/outside.bin", "a")
            archive.writestr("../outside.bin", "a")
    found = converted(tmp_path / "set.zip", golden.form, golden.choices)
    assert found.entries == converted(golden.path, golden.form, golden.choices).entries
    assert [each.name for each in tmp_path.iterdir()] == ["set.zip"]


@pytest.mark.parametrize("form", FIRST)
def test_what_is_packed_tight_does_not_fill_the_memory(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value a thousand times as long as what it was packed into: here in a small way, with small limits."""
    monkeypatch.setattr(json_rows, "_MOST_ROW_BYTES", 200_000)
    monkeypatch.setattr(xml_rows, "_MOST_ELEMENT_BYTES", 200_000)
    monkeypatch.setattr(window, "_MOST_VALUE_BYTES", 200_000)
    monkeypatch.setattr(sources, "MOST_MEMBER_BYTES", 200_000)
    texts, path = labels_in(FIRST[form])
    bombs = [
        b'[{"id": "%b"}]',
        b'{"images": "%b"}',
        b'{"_via_img_metadata": {"a": "%b"}}',
        b"0 %b",
        b'<a b="%b"/>',
    ]
    for bomb in bombs:
        with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for each, text in {**texts, path: bomb % (b"1" * 3_000_000)}.items():
                archive.writestr(each, text)
        found = outcome(tmp_path / "set.zip", FIRST[form])
        if isinstance(found, str):
            assert "set.zip" in found or path in found
        else:
            assert not any(len(str(entry)) > 100_000 for entry in found.entries)


@pytest.mark.parametrize(
    ("limited", "name", "golden", "text", "said"),
    [
        (json_rows, "_MOST_ROW_BYTES", "label-studio", b'[{"id": "%b"}]', "a value in it is longer than"),
        (window, "_MOST_VALUE_BYTES", "coco", b'{"info": "%b"}', "a value in it is longer than"),
        (
            xml_rows,
            "_MOST_ELEMENT_BYTES",
            "cvat",
            b'<annotations><version>1.1</version><a b="%b"/>',
            "an element",
        ),
        (xml_rows, "_MOST_ELEMENT_BYTES", "cvat", b"<annotations><version>1.1</version><a>%b", "an element"),
    ],
)
def test_a_value_that_is_too_long_is_said(
    limited: Any, name: str, golden: str, text: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the file, before it is held as a whole."""
    monkeypatch.setattr(limited, name, 1 << 20)
    _, path = labels_in(FIRST[golden])
    found = outcome({path: text % (b"1" * (4 << 20))}, FIRST[golden])
    assert isinstance(found, str)
    assert said in found


def test_the_export_of_datagym_is_refused_or_found_likewise() -> None:
    """It has no file of a tool here but its own."""
    (text,) = texts_of(VECTORS / "export.json").values()
    whole = json.loads(text)
    for key in whole[1]:
        for changed in changed_at(whole[1], key):
            texts = {"export.json": json.dumps([whole[0], changed]).encode()}
            found = converted(MemberTexts(texts), "datagym-export")
            assert all(left.origin for left in found.found)

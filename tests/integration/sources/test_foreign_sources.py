"""What people name by mistake is named back to them, with what to do; and doing that leads to the labels."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import MalformedInput, UsageError
from bulk_importer.sources import open_source
from support.entries import numbered
from support.places import VECTORS
from support.reading import read_file, read_source

ENTRIES = [numbered(0), numbered(1)]
ARRAY = json.dumps(ENTRIES).encode()
LINES = [json.dumps(each).encode() for each in ENTRIES]
WRAPPED = json.dumps({"version": 1, "info": {"by": []}, "data": ENTRIES}).encode()


def zipped(name: str = "labels.json") -> bytes:
    """A zip of the array."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, ARRAY)
    return packed.getvalue()


def tarred(form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of the array."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        member = tarfile.TarInfo("labels.json")
        member.size = len(ARRAY)
        archive.addfile(member, io.BytesIO(ARRAY))
    return packed.getvalue()


def old_tar() -> bytes:
    """A tar as it was before there was a mark in its header."""
    block = bytearray(tarred(tarfile.USTAR_FORMAT))
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\x00 " % sum(block[:512])
    return bytes(block)


def database() -> bytes:
    """A small SQLite database."""
    with sqlite3.connect(":memory:") as opened:
        opened.execute("create table labels (media, class)")
        content = opened.serialize()
    opened.close()
    return content


FOLLOWED = {
    "zip": (zipped(), "this is a zip archive", "unzip -q FILE"),
    "tar": (tarred(), "this is a tar archive", "tar -xf FILE"),
    "GNU tar": (tarred(tarfile.GNU_FORMAT), "this is a tar archive", "tar -xf FILE"),
    "old tar": (old_tar(), "this is a tar archive", "tar -xf FILE"),
    "tar.gz": (gzip.compress(tarred()), "this is a tar archive", "tar -xf FILE"),
    "tar.bz2": (bz2.compress(tarred()), "this is a tar archive", "tar -xf FILE"),
    "lzma": (
        lzma.compress(ARRAY, lzma.FORMAT_ALONE),
        "this is lzma data",
        "xz --format=lzma -dc < FILE > LABELS.json",
    ),
    "gzip in gzip": (
        gzip.compress(gzip.compress(ARRAY)),
        "gzip data inside of packed data",
        "gzip -dc < FILE > LABELS.json",
    ),
    "xz in gzip": (
        gzip.compress(lzma.compress(ARRAY)),
        "xz data inside of packed data",
        "gzip -dc < FILE > LABELS.json",
    ),
    "UTF-16": (
        ARRAY.decode().encode("utf-16"),
        "this is UTF-16",
        "iconv -f UTF-16 -t UTF-8 FILE > LABELS.json",
    ),
    "UTF-16, unmarked": (
        ARRAY.decode().encode("utf-16-le"),
        "this is UTF-16",
        "iconv -f UTF-16LE -t UTF-8 FILE > LABELS.json",
    ),
    "UTF-16, unmarked, big end first": (
        ARRAY.decode().encode("utf-16-be"),
        "this is UTF-16",
        "iconv -f UTF-16BE -t UTF-8 FILE > LABELS.json",
    ),
    "UTF-32": (
        ARRAY.decode().encode("utf-32"),
        "this is UTF-32",
        "iconv -f UTF-32 -t UTF-8 FILE > LABELS.json",
    ),
    "UTF-32, unmarked": (
        ARRAY.decode().encode("utf-32-le"),
        "this is UTF-32",
        "iconv -f UTF-32LE -t UTF-8 FILE > LABELS.json",
    ),
    "lines with CR": (
        b"\r".join(LINES) + b"\r",
        "JSON Lines that end with CR",
        r"tr '\r' '\n' < FILE > LABELS.jsonl",
    ),
    "objects side by side": (b"".join(LINES), "objects one behind the other", "jq -c . FILE > LABELS.jsonl"),
    "indented objects": (
        b"\n".join(json.dumps(each, indent=1).encode() for each in ENTRIES),
        "objects one behind the other",
        "jq -c . FILE > LABELS.jsonl",
    ),
    "objects with blanks between": (
        b" ".join(LINES),
        "objects one behind the other",
        "jq -c . FILE > LABELS.jsonl",
    ),
    "lines of wrapped entries": (
        b"\n".join(json.dumps({"data": {"all": [each]}}).encode() for each in ENTRIES),
        "JSON Lines, each of which holds entries below data.all",
        """jq -c '."data"."all"[]' FILE > LABELS.jsonl""",
    ),
    "wrapped below a key with a dot": (
        json.dumps({"a.b": ENTRIES}).encode(),
        "holds entries below a.b",
        """jq -c '."a.b"[]' FILE > LABELS.jsonl""",
    ),
    "a string of JSON": (
        json.dumps(ARRAY.decode()).encode(),
        "packed into a JSON string",
        "jq -r . FILE > LABELS.json",
    ),
    "a sequence": (
        b"".join(b"\x1e%b\n" % line for line in LINES),
        "a sequence",
        r"tr -d '\036' < FILE > LABELS.jsonl",
    ),
    "guarded JSON": (b")]}',\n" + ARRAY, "keeps JSON from being run", "tail -n +2 FILE > LABELS.json"),
}
"""What is in the file, what is said of it, and the command that is advised."""


@pytest.mark.parametrize("name", FOLLOWED)
async def test_what_is_advised_leads_to_the_labels(tmp_path: Path, name: str) -> None:
    """The very command, for the file of that name."""
    content, said, command = FOLLOWED[name]
    if shutil.which(command.split()[0]) is None:
        pytest.skip(f"{command.split()[0]} is not installed")
    seen = await read_file(tmp_path / "FILE", content)
    assert isinstance(seen.error, MalformedInput)
    assert said in str(seen.error)
    assert not seen.elements
    assert "Fix the source" not in str(seen.error)
    if "inside of" not in said:
        assert command.replace("-q ", "") in str(seen.error)
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    (unpacked,) = (path for path in tmp_path.iterdir() if path.name.lower().startswith("labels.json"))
    again = await read_file(unpacked, unpacked.read_bytes())
    assert again.error is None
    assert [json.loads(raw) for _, _, raw in again.elements] == ENTRIES


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (WRAPPED, "data.item"),
        (json.dumps(json.loads(WRAPPED), indent=2).encode(), "data.item"),
        (WRAPPED + b"\n", "data.item"),
        (WRAPPED.replace(b" ", b"\r\n"), "data.item"),
        (json.dumps({"result": {"my pages": ENTRIES}}).encode(), "result.my pages.item"),
        (json.dumps({"images": [{"id": 1}] * 20_000, "labels": ENTRIES}).encode(), "labels.item"),
        (json.dumps({"labels": [{"labels": {}, "internal_media_ID": "m"}]}).encode(), "labels.item"),
    ],
    ids=["one line", "indented", "one line, ended", "CRLF", "deeper", "behind another", "id last"],
)
@pytest.mark.parametrize("lines", [None, False], ids=["looked at", "said to be an array"])
async def test_entries_below_a_key_are_found_and_their_path_is_named(
    tmp_path: Path, content: bytes, path: str, lines: bool | None
) -> None:
    """Also where the whole document is one line, which is not JSON Lines of one entry."""
    seen = await read_file(tmp_path / "l", content, lines=lines)
    assert isinstance(seen.error, MalformedInput)
    quoted = f"'{path}'" if " " in path else path
    assert f"Say --path {quoted}." in str(seen.error)
    assert not seen.elements
    again = await read_file(tmp_path / "l", content, lines=lines, path=path)
    assert again.error is None
    assert again.elements


@pytest.mark.parametrize("lines", [[WRAPPED], [WRAPPED, b""], [WRAPPED, WRAPPED]])
async def test_wrapped_documents_are_no_entries_also_where_lines_are_said(
    tmp_path: Path, lines: list[bytes]
) -> None:
    """Each would be rejected as an entry without an id."""
    seen = await read_file(tmp_path / "l", b"\n".join(lines), lines=True)
    assert isinstance(seen.error, MalformedInput)
    assert "entries below data" in str(seen.error)


@pytest.mark.parametrize("at", [0, 1])
async def test_one_wrapped_line_among_entries_costs_one_entry(tmp_path: Path, at: int) -> None:
    """It may be the only mistake."""
    lines = [*LINES]
    lines.insert(at, WRAPPED)
    seen = await read_file(tmp_path / "l", b"\n".join(lines))
    assert (seen.error, seen.rejected, len(seen.elements)) == (None, {at}, 3)


async def test_a_path_and_json_lines_contradict_each_other(tmp_path: Path) -> None:
    """There is no array to be found in lines."""
    seen = await read_file(tmp_path / "l", ARRAY, lines=True, path="a.item")
    assert isinstance(seen.error, UsageError)
    assert "--lines" in str(seen.error)


NAMED = {
    "workbook": (zipped("[Content_Types].xml"), "a workbook"),
    "HTML": (b"<!DOCTYPE html>\n<html><head><title>Sign in", "an HTML page"),
    "HTML, indented": (b"\n  <html lang=en>", "an HTML page"),
    "HTML behind a comment": (b"<!-- a proxy -->\n<html>", "an HTML page"),
    "XML": (b'<?xml version="1.0"?>\n<annotation>', "XML"),
    "XML without a head": (b"<annotation><folder>", "XML"),
    "XML error": (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey',
        "an error message of a file server",
    ),
    "CSV": (b"media,class,x,y\nm1,car,1,2\n", "a table of rows, separated by commas"),
    "CSV of VIA": (b"#filename,region\nm1,car\nm2,bus\n", "a table of rows, separated by commas"),
    "CSV with semicolons": (b"media;class\r\nm1;car\r\n", "a table of rows, separated by semicolons"),
    "TSV": (b"media\tclass\nm1\tcar\n", "a table of rows, separated by tabs"),
    "YAML": (b"- internal_media_ID: m1\n  labels: {}\n", "YAML"),
    "YAML with keys": (b"version: 1\nentries:\n", "YAML"),
    "Python": (repr(ENTRIES).encode(), "Python's notation"),
    "lines of Python": ("\n".join(map(repr, ENTRIES)).encode(), "Python's notation"),
    "JavaScript": (b"[\n  {internal_media_ID: 'm1'}]", "JavaScript's notation"),
    "script": (b"var labels = " + ARRAY, "a script"),
    "JSONP": (b"callback(" + ARRAY + b")", "a script"),
    "comment": (b"// labels\n" + ARRAY, "a comment"),
    "HTTP": (b"HTTP/2 200\r\ncontent-type: application/json\r\n\r\n" + ARRAY, "the head of an HTTP answer"),
    "Parquet": (b"PAR1\x15\x04\x15", "a Parquet table"),
    "SQLite": (database(), "a SQLite database"),
    "pickle": (pickle.dumps(ENTRIES), "a Python pickle"),
    "NumPy": (b"\x93NUMPY\x01\x00v\x00{'descr'", "a NumPy array"),
    "PDF": (b"%PDF-1.7\n", "a PDF"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a picture (PNG)"),
    "JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture (JPEG)"),
    "WebP": (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a picture (WebP)"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7z archive"),
    "lz4": (b"\x04\x22\x4d\x18\x64\x40", "lz4 data"),
    "program": (b"#!/bin/sh\ncurl\n", "a program"),
    "encrypted": (b"Salted__\x01\x02\x03\x04\x05\x06\x07\x08", "encrypted"),
    "Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
        "a pointer of Git LFS",
    ),
    "zeros": (bytes(4096), "nothing but zero bytes"),
    "objects with commas": (b",\n".join(LINES), "objects with commas between them and no brackets"),
    "lines with commas": (b",\n".join(LINES) + b",\n", "objects with commas between them and no brackets"),
    "one entry": (json.dumps(ENTRIES[0], indent=1).encode(), "a single entry"),
    "COCO": (
        b'{"info": {}, "images": [{"id": 1}], "annotations": []}',
        "an object (with info, images, annotations)",
    ),
}
"""What is in the file, and what is said of it."""


@pytest.mark.parametrize("packed", [False, True], ids=["as it is", "packed"])
@pytest.mark.parametrize("name", NAMED)
async def test_what_is_no_labels_is_named(tmp_path: Path, name: str, packed: bool) -> None:
    """With something else to do than to mend it at a byte."""
    content, said = NAMED[name]
    seen = await read_file(tmp_path / "l", gzip.compress(content) if packed else content)
    assert isinstance(seen.error, MalformedInput)
    assert said in str(seen.error)
    assert "not a JSON array" in str(seen.error)
    assert "Fix the source" not in str(seen.error)


@pytest.mark.parametrize("options", [{"path": "entries.item"}, {"lines": True}, {"lines": False}])
@pytest.mark.parametrize("name", ["workbook", "HTML", "PNG", "Git LFS"])
async def test_it_is_named_whatever_is_said_of_the_source(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    """A path or a form does not make it one."""
    content, said = NAMED[name]
    seen = await read_file(tmp_path / "l", content, **options)
    if options == {"lines": True} and name == "Git LFS":
        assert said in str(seen.error)
    assert isinstance(seen.error, MalformedInput)
    assert said in str(seen.error)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b" \n"])
@pytest.mark.parametrize(("at", "word"), [(257, b"mustard"), (128, b"DICM"), (30, b"[Content_Types].xml")])
async def test_words_in_labels_are_no_marks(tmp_path: Path, before: bytes, at: int, word: bytes) -> None:
    """Wherever they stand."""
    content = before + b'[{"internal_media_ID":"'
    content += b"m" * (at - len(content)) + word + b'","keepData":true,"labels":{}}]'
    shifted = content.replace(b"mm", b"m", 1) if word == b"mustard" else content
    for each in (content, shifted):
        seen = await read_file(tmp_path / "l", each)
        assert (seen.error, len(seen.elements), seen.rejected) == (None, 1, set())


async def test_a_second_array_behind_the_first_is_named(tmp_path: Path) -> None:
    """All of the first is read; joined as advised, the rest is read from there."""
    seen = await read_file(tmp_path / "l", ARRAY + b"\n" + ARRAY)
    assert "a second array follows the end of the first" in str(seen.error)
    assert len(seen.elements) == 2
    joined = (ARRAY + b"\n" + ARRAY).replace(b"]\n[", b",")
    assert len((await read_file(tmp_path / "l", joined)).elements) == 4


@pytest.mark.parametrize(
    ("content", "advice"),
    [(WRAPPED, "Say --path data.item."), (ARRAY, "leave out --path"), (b"{}", "name that with --path")],
)
async def test_a_wrong_path_is_met_with_the_right_one(tmp_path: Path, content: bytes, advice: str) -> None:
    """Where one shows."""
    seen = await read_file(tmp_path / "l", content, path="entries.item")
    assert "there is no array at entries.item" in str(seen.error)
    assert advice in str(seen.error)
    assert "Fix the source" not in str(seen.error)


async def test_a_huge_document_on_one_line_is_named_by_its_beginning(tmp_path: Path) -> None:
    """However long a line may be."""
    content = json.dumps({"data": ENTRIES * 200_000}).encode()
    (tmp_path / "l").write_bytes(content)
    before = bytes_read()
    source = await open_source(str(tmp_path / "l"))
    seen = await read_source(source, max_entry_bytes=1 << 40)
    taken = bytes_read() - before
    await source.aclose()
    assert "Say --path data.item." in str(seen.error)
    assert taken < 4 << 20 < len(content)


def bytes_read() -> int:
    """How many bytes this process has read so far, from whatever it was."""
    return int(Path("/proc/self/io").read_text().split()[1])


@pytest.mark.parametrize(
    ("name", "form"), [("coco/pycocotools/instances_train.json", "coco"), ("cvat/annotations.xml", "cvat")]
)
def test_labels_of_a_tool_that_come_through_a_pipe_are_taken_as_advised(name: str, form: str) -> None:
    """Nobody looks into a pipe beforehand; what is in it is said, with the flag that helps."""
    command = [
        sys.executable,
        "-m",
        "bulk_importer",
        "check",
        "-",
        "--label-config",
        "none",
        "--workers",
        "0",
    ]
    text = (VECTORS / "formats" / name).read_bytes()
    asked = subprocess.run(command, input=text, capture_output=True, check=False)
    assert b"say which with --from, as in --from coco" in asked.stdout
    told = subprocess.run([*command, "--from", form], input=text, capture_output=True, check=False)
    assert f"Converted from {form}".encode() in told.stdout

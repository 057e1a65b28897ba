"""In what format a source is written: by what it holds, or as a person says."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.pipeline.conversion.choosing import chosen_format, is_one_source
from bulk_importer.settings import Settings
from support.places import VECTORS

EXPORT = json.dumps(
    [{"label_classes": []}, {"external_media_ID": "a.jpg", "labeler": None, "status": "skipped"}]
)
ENTRIES = json.dumps([{"internal_media_ID": "a", "labels": {}}])


async def name_of(spec: Path, folder: Path, source_format: str = "auto") -> str | None:
    """The format that is chosen."""
    chosen = await chosen_format(str(spec), Settings(source_format=source_format), folder / "scratch")
    if chosen is None:
        return None
    chosen.close()
    return chosen.form.name


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (EXPORT, "datagym-export"),
        (ENTRIES, None),
        (ENTRIES[1:-1], None),
        ('\ufeff[\n {"keepData": true, "internal_media_ID": "a"}]', None),
        ("", None),
        ("[]", None),
        ("{", None),
        ('{"entries": [{"internal_media_ID": "a"}]}', None),
    ],
)
async def test_a_format_is_known_by_what_it_holds(tmp_path: Path, text: str, found: str | None) -> None:
    """What is not known is left to whoever reads entries, who says what is wrong."""
    path = tmp_path / "labels.json"
    path.write_text(text)
    assert await name_of(path, tmp_path) == found


async def test_what_is_packed_is_copied_while_it_is_read(tmp_path: Path) -> None:
    """And the copy is gone when it is closed."""
    path = tmp_path / "export.json.gz"
    path.write_bytes(gzip.compress(EXPORT.encode()))
    assert await name_of(path, tmp_path) == "datagym-export"
    assert not list((tmp_path / "scratch").iterdir())


async def test_a_copy_that_comes_to_nothing_does_not_stay(tmp_path: Path) -> None:
    """It may be as large as the source; nobody would know what it is for."""
    path = tmp_path / "labels.json.gz"
    path.write_bytes(gzip.compress(EXPORT.encode()))
    with pytest.raises(UsageError):
        await name_of(path, tmp_path, "no-such-format")
    path.write_bytes(gzip.compress(EXPORT.encode())[:-9])
    with pytest.raises(SourceUnreadable, match="breaks off"):
        await name_of(path, tmp_path, "datagym-export")
    assert not list((tmp_path / "scratch").iterdir())


async def test_a_copy_needs_a_folder_that_can_be_made(tmp_path: Path) -> None:
    """Where that cannot be, a person is told so; it is no bug."""
    path = tmp_path / "export.json.gz"
    path.write_bytes(gzip.compress(EXPORT.encode()))
    (tmp_path / "scratch").write_text("a file")
    with pytest.raises(UsageError, match=r"No copy of .* can be made at .*: File exists"):
        await name_of(path, tmp_path)


async def test_a_person_may_say_what_it_is(tmp_path: Path) -> None:
    """Entries are entries then, and an unknown format is an error."""
    path = tmp_path / "export.json"
    path.write_text(EXPORT)
    assert await name_of(path, tmp_path, "entries") is None
    assert await name_of(path, tmp_path, "datagym-export") == "datagym-export"
    with pytest.raises(UsageError, match="'bulk-importer formats' lists"):
        await name_of(path, tmp_path, "data-gym")


def test_a_folder_of_files_is_several_sources(tmp_path: Path) -> None:
    """Unless it is in a format that is made of many files."""
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    files[0].write_text(ENTRIES)
    files[1].write_text(EXPORT)
    for source_format in ("auto", "entries", "datagym-export"):
        assert not is_one_source(tmp_path, files, Settings(source_format=source_format))


@pytest.mark.parametrize("source_format", ["auto", "coco"])
def test_a_folder_of_one_format_is_one_source(tmp_path: Path, source_format: str) -> None:
    """Wherever in it the files lie; not where there are entries or labels of another tool beside them."""
    (tmp_path / "annotations").mkdir()
    coco = VECTORS / "formats" / "coco" / "pycocotools" / "instances_train.json"
    shutil.copy(coco, tmp_path / "annotations")
    assert is_one_source(tmp_path, [], Settings(source_format=source_format))
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    shutil.copy(coco, files[0])
    assert is_one_source(tmp_path, files[:1], Settings(source_format=source_format))
    files[1].write_text(ENTRIES)
    assert not is_one_source(tmp_path, files, Settings(source_format=source_format))


@pytest.mark.parametrize("packed", [False, True])
async def test_a_format_is_known_by_the_name_that_a_packed_file_had(tmp_path: Path, packed: bool) -> None:
    """Some formats are known by the ending of a file."""
    path = tmp_path / ("one.xml.gz" if packed else "one.xml")
    text = (VECTORS / "formats" / "voc" / "label-studio" / "Annotations" / "Green.xml").read_bytes()
    path.write_bytes(gzip.compress(text) if packed else text)
    assert await name_of(path, tmp_path) == "voc"

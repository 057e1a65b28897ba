"""What a label file does not say is asked for, and never guessed; whoever types what is advised is answered."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from bulk_importer.settings import definitions
from support.places import TOP, VECTORS

FORMATS = VECTORS / "formats"
CATALOGUE = TOP / "bulk_importer" / "labels" / "catalogue" / "converting.py"
FLAG = re.compile(r"--[a-z][a-z-]+[a-z]")


def yolo(folder: Path, rows: str, **files: str) -> None:
    """A dataset of one picture of 200 x 100 pixels."""
    (folder / "labels").mkdir()
    (folder / "labels" / "one.txt").write_text(rows)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)


BOX = "0.5 0.5 0.2 0.2"
CASES: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "no names": ({"rows": f"0 {BOX}"}, "--class-names", ["--class-names", "names"]),
    "two lists of names": (
        {"rows": f"0 {BOX}", "data_yaml": "names: [car]", "obj_names": "bus\n"},
        "--class-names",
        ["--class-names", "names"],
    ),
    "a number beyond the names": (
        {"rows": f"2 {BOX}", "data_yaml": "names: [car, bus]"},
        "--class-names",
        ["--class-names", "names"],
    ),
    "no number 0": (
        {"rows": f"1 {BOX}", "data_yaml": "names: [car, bus]"},
        "--class-names",
        ["--class-names", "names"],
    ),
    "numbers that look like keypoints": (
        {"rows": f"0 {BOX} 0.5 0.5 2 0.4 0.4 0", "data_yaml": "names: [car]"},
        "--keypoint-names",
        ["--keypoint-names", "names"],
    ),
    "a number too many": (
        {"rows": f"0 {BOX} 0.9", "data_yaml": "names: [car]"},
        "--confidence last",
        ["--confidence", "last"],
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_yolo_does_not_say_is_asked_for_and_answered(run: Any, tmp_path: Path, case: str) -> None:
    """By the flag that is named; until then nothing is written."""
    files, advice, flags = CASES[case]
    (tmp_path / "names").write_text("car\nbus\ntruck\n" if "keypoints" not in case else "nose\neye\n")
    (tmp_path / "sizes.csv").write_text("id,name,width,height\n1,one.jpg,200,100\n")
    folder = tmp_path / "data"
    folder.mkdir()
    yolo(folder, **files)
    command = ["convert", folder, "--output", tmp_path / "o.jsonl", "--media-list", tmp_path / "sizes.csv"]
    asked = await run(*command)
    assert (asked.code, advice in asked.err) == (ExitCode.USAGE, True), asked.err
    given = [tmp_path / each if each == "names" else each for each in flags]
    answered = await run(*command, *given)
    assert answered.code == ExitCode.DELIVERED, answered.err
    assert "1 read, 1 carried" in answered.err or "2 read, 2 carried" in answered.err


async def test_the_class_of_regions_is_asked_for_and_answered(run: Any, tmp_path: Path) -> None:
    """As it stands in the message, letter by letter."""
    command = ["convert", FORMATS / "via" / "via" / "project.json", "--output", tmp_path / "o.jsonl"]
    asked = await run(*command)
    assert asked.code == ExitCode.USAGE
    advised = re.findall(r"--class-attribute \w+", asked.err)[-1]
    assert (await run(*command, *advised.split())).code == ExitCode.DELIVERED


async def test_the_unit_of_an_angle_is_asked_for_and_answered(run: Any, tmp_path: Path) -> None:
    """Either that the message names."""
    command = ["convert", FORMATS / "darwin" / "v7", "--output", tmp_path / "o.jsonl"]
    asked = await run(*command)
    assert asked.code == ExitCode.USAGE
    advised = re.findall(r"--ellipse-angle \w+", asked.err)
    assert len(advised) == 2
    for each in advised:
        assert "wheel                    2 carried" in (await run(*command, *each.split())).err


async def test_a_source_of_two_formats_asks_which_and_is_read_as_either(run: Any, tmp_path: Path) -> None:
    """Each that the message names."""
    shutil.copytree(FORMATS / "voc" / "label-studio" / "Annotations", tmp_path / "both" / "Annotations")
    shutil.copytree(FORMATS / "yolo" / "label-studio" / "mixed", tmp_path / "both", dirs_exist_ok=True)
    (tmp_path / "sizes.csv").write_text("id,name,width,height\n1,Green.png,200,100\n2,empty.png,200,100\n")
    command = ["check", tmp_path / "both", "--label-config", "none", "--workers", "0"]
    asked = await run(*command)
    assert asked.code == ExitCode.USAGE
    advised = re.findall(r"--from [\w-]+", asked.err)
    assert advised == ["--from yolo", "--from voc"]
    for each in advised:
        done = await run(*command, *each.split(), "--media-list", tmp_path / "sizes.csv")
        assert f"Converted from {each.removeprefix('--from ')}" in done.out, done.err


async def test_a_folder_with_two_files_about_the_same_pictures_asks_which(run: Any) -> None:
    """And either is read by itself."""
    folder = FORMATS / "coco" / "datumaro" / "annotations"
    asked = await run("check", folder, "--label-config", "none", "--workers", "0", "--no-report")
    assert (asked.code, "by itself" in asked.err) == (ExitCode.USAGE, True)
    for file in sorted(folder.iterdir()):
        assert file.name in asked.err
        done = await run(
            "check", file, "--label-config", "none", "--workers", "0", "--holes", "cut", "--no-report"
        )
        assert "Converted from coco" in done.out


def test_every_flag_that_a_reader_or_a_finding_of_one_advises_exists() -> None:
    """And can be given to an import."""
    files = [*(TOP / "bulk_importer" / "formats").rglob("*.py"), CATALOGUE]
    advised = {flag for file in files for flag in FLAG.findall(file.read_text("utf-8"))}
    sections = ("converting", "checking", "watching")
    assert advised >= {"--clip", "--class-names"}
    assert advised <= {each.flag for each in definitions() if each.section in sections}

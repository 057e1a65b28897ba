"""Label files of other tools are converted once, and then are a source like any other: resumed, proven, compared."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from conftest import SandboxProcess, StartSandboxProcess

from support.around.turnstile import Turnstile
from support.commands import Command
from support.places import VECTORS

COUNT = 12


def a_label(number: int) -> dict[str, Any]:
    """What every media gets; whole numbers, as an export loses the others."""
    return {
        "keepData": True,
        "global_classifications": {"weather": ["sunny", {"daytime": ["day"]}]},
        "labels": {
            "car": [
                {
                    "polygon": [{"x": number, "y": 2}, {"x": number + 9, "y": 4}, {"x": 5, "y": 60}],
                    "classifications": {"car_type": ["suv"]},
                }
            ],
            "poi": [{"point": [{"x": 1, "y": number}]}],
        },
    }


def put(sandbox: SandboxProcess, path: str) -> None:
    """Send a PUT."""
    with urlopen(Request(sandbox.url + path, method="PUT"), timeout=60):
        pass


@pytest.fixture
def sandbox(sandbox_process: StartSandboxProcess) -> SandboxProcess:
    """A server with two projects whose media have the same names, and other ids."""
    started = sandbox_process("--seed", "1")
    for name in ("first", "second"):
        started.prepare(name=name, media=COUNT)
    return started


@pytest.fixture
def export(command: Command, sandbox: SandboxProcess, tmp_path: Path) -> Path:
    """What the first project exports, when its media are labelled and finished."""
    rows = json.loads(command("media", "--server", sandbox.url, "--project", "first", "--json").stdout)
    entries = [{"internal_media_ID": row["id"], **a_label(at)} for at, row in enumerate(rows)]
    (tmp_path / "labels.json").write_text(json.dumps(entries))
    assert command.summary("labels.json", "--server", sandbox.url, "--project", "first")["delivered"] == COUNT
    project = next(each for each in sandbox.ask("/api/project") if each["name"] == "first")
    for task in sandbox.ask(f"/api/project/{project['id']}/task"):
        sandbox.ask(f"/api/task/{task['taskId']}")  # whoever opens a task begins it
        put(sandbox, f"/api/task/{task['taskId']}/skipTask")
    with urlopen(f"{sandbox.url}/api/project/{project['id']}/export", timeout=60) as answer:
        (tmp_path / "export.json").write_bytes(answer.read())
    return tmp_path / "export.json"


def test_an_export_goes_into_another_project_and_is_there_as_it_was(
    command: Command, sandbox: SandboxProcess, export: Path
) -> None:
    """Media are found by their names; what was delivered is compared, value by value."""
    to = ("--server", sandbox.url, "--project", "second")
    done = command("import", "export.json", *to)
    assert done.returncode == 0, done.stderr
    assert "Converted from datagym-export" in done.stderr
    assert f"{2 * COUNT} read, {2 * COUNT} carried, 0 left behind" in done.stderr
    proven = command("verify", "export.json.checkpoint", "export.json", "--against-server")
    assert proven.returncode == 0, proven.stdout + proven.stderr
    assert f"{COUNT} media hold on the server what was delivered" in proven.stdout
    assert command("verify", "export.json.checkpoint").returncode == 0

    again = command.summary("export.json", *to)
    assert (again["state"], again["delivered"], again["this_run"]["requests"]) == ("complete", COUNT, 0)
    assert again["conversion"]["carried"] == {"car": COUNT, "poi": COUNT}
    assert not (export.parent / "export.json.checkpoint" / "converted.jsonl").exists()


def test_a_killed_import_goes_on_with_what_was_converted(
    command: Command,
    sandbox_process: StartSandboxProcess,
    sandbox: SandboxProcess,
    turnstile: Callable[..., Turnstile],
    export: Path,
) -> None:
    """Nothing is lost and nothing doubled."""
    way = turnstile(sandbox.url)
    to = ("--server", way.url, "--project", "second", "--max-batch-entries", "1", "--max-in-flight", "1")
    process = command.start("import", "export.json", *to)
    log = export.parent / "export.json.checkpoint" / "log"
    before = len(sandbox.commits())
    way.lead(process, lambda: len(sandbox.commits()) >= before + 3)
    way.stop(process)
    assert log.exists()
    assert (export.parent / "export.json.checkpoint" / "converted.jsonl").exists()
    summary = command.summary("export.json", *to, "--server-request-limit", "0s")
    assert (summary["delivered"], summary["exit_code"]) == (COUNT, 0)
    held = sandbox.labels(
        next(each["id"] for each in sandbox.ask("/api/project") if each["name"] == "second")
    )
    assert {len(labels) for labels in held.values()} == {
        len(next(iter(sandbox.labels(sandbox.ask("/api/project")[0]["id"]).values())))
    }


@pytest.mark.parametrize("name", ["coco.json", "coco.zip"])
def test_an_import_straight_from_coco_survives_a_kill(
    command: Command,
    sandbox_process: StartSandboxProcess,
    turnstile: Callable[..., Turnstile],
    tmp_path: Path,
    name: str,
) -> None:
    """As any other: each box is there once, and what was converted is not made again."""
    sandbox = sandbox_process("--seed", "1")
    way = turnstile(sandbox.url)
    project = sandbox.prepare(name="p", media=COUNT)
    images = [{"id": at, "file_name": f"img{at:06}.jpg", "width": 640, "height": 480} for at in range(COUNT)]
    boxes = [{"id": at, "image_id": at, "category_id": 7, "bbox": [at, 1, 5, 5]} for at in range(COUNT)]
    text = json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 7, "name": "bus"}]})
    if name.endswith(".zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("annotations/instances_default.json", text)
    else:
        (tmp_path / name).write_text(text)
    to = ("--server", way.url, "--project", "p", "--max-batch-entries", "1", "--max-in-flight", "1")
    process = command.start("import", name, *to)
    way.lead(process, lambda: len(sandbox.commits()) >= 3)
    way.stop(process)
    converted = tmp_path / f"{name}.checkpoint" / "converted.jsonl"
    before = converted.stat()
    summary = command.summary(name, *to, "--server-request-limit", "0s", "--limit", "20")
    assert (summary["delivered"], summary["exit_code"]) == (COUNT, 0)
    assert summary["this_run"]["delivered"] < COUNT
    assert before.st_size
    assert not converted.exists()
    held = sandbox.labels(project["id"])
    assert [[value["g"] for value in held[each] if "g" in value] for each in project["media_ids"]] == [
        [[at, 1, 5, 5]] for at in range(COUNT)
    ]


def test_what_finds_no_place_is_told_counted_and_asks_for_exit_code_1(
    command: Command, sandbox: SandboxProcess, export: Path, tmp_path: Path
) -> None:
    """In a check, in an import, and in what both write for programs."""
    (tmp_path / "map.toml").write_text('[classes]\ncar = "lorry"\npoi = false\n')
    to = ("--server", sandbox.url, "--project", "second", "--class-map", "map.toml")
    checked = command("check", "export.json", *to, "--findings", "found.jsonl", "--json")
    report = json.loads(checked.stdout)
    assert (checked.returncode, report["exit_code"]) == (1, 1)
    assert report["conversion"]["left_behind"] == {"car": COUNT, "poi": COUNT}
    assert report["conversion"]["findings"] == {"class-unmapped": COUNT, "class-left-out": COUNT}
    found = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    assert {each["origin"] for each in found if each["code"] == "class-unmapped"} >= {"task 1, labels/car/0"}
    summary = command.summary("export.json", *to)
    assert (summary["exit_code"], summary["delivered"]) == (1, COUNT)
    assert command("status", "export.json.checkpoint").returncode == 1

    (tmp_path / "map.toml").write_text('[classes]\ncar = "car"\n')
    changed = command("import", "export.json", *to)
    assert changed.returncode == 7
    assert "the class map is not what it was" in changed.stderr

    assert "--settled-by export.json.checkpoint" in changed.stderr
    anew = command.summary(
        "export.json", *to, "--checkpoint", "anew", "--settled-by", "export.json.checkpoint"
    )
    assert (anew["delivered"], anew["conversion"]["left_behind"]) == (COUNT, {})


def test_a_rejected_entry_says_where_it_came_from(
    command: Command, sandbox: SandboxProcess, export: Path, tmp_path: Path
) -> None:
    """Down to the geometry, and a retry takes it back."""
    tasks = json.loads(export.read_text())
    tasks[1]["external_media_ID"] = "nowhere.jpg"
    export.write_text(json.dumps(tasks))
    summary = command.summary(
        "export.json", "--server", sandbox.url, "--project", "second", "--max-errors", "none"
    )
    assert (summary["rejected"], summary["exit_code"]) == (1, 1)
    (line,) = (tmp_path / "export.json.checkpoint" / "rejected.jsonl").read_text().splitlines()
    rejected = json.loads(line)
    assert rejected["entry"]["origin"] == {
        "picture": "task 1",
        "labels": {"car": ["labels/car/0"], "poi": ["labels/poi/0"]},
    }
    name = json.loads(command("media", "--server", sandbox.url, "--project", "second", "--json").stdout)[0][
        "name"
    ]
    (tmp_path / "corrected.jsonl").write_text(line.replace("nowhere.jpg", name))
    retried = command("retry", "export.json.checkpoint", "corrected.jsonl")
    assert retried.returncode == 0, retried.stdout + retried.stderr


def test_a_conversion_that_is_written_is_imported_like_any_other(
    command: Command, sandbox: SandboxProcess, export: Path, tmp_path: Path
) -> None:
    """By way of a file, packed, or of a pipe."""
    assert command("convert", "export.json", "--output", "entries.json.zst").returncode == 0
    to = ("--server", sandbox.url, "--project", "second", "--media-by", "name")
    assert command.summary("entries.json.zst", *to)["delivered"] == COUNT
    piped = command("convert", "export.json")
    assert [json.loads(line)["keepData"] for line in piped.stdout.splitlines()] == [True] * COUNT


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("convert", "labels.json", "--from", "nothing"), 2, "'bulk-importer formats' lists"),
        (("convert", "labels.json"), 2, "say which it is with --from"),
        (("convert", "missing.json"), 3, "cannot be read"),
        (
            ("convert", "export.json", "--class-map", "missing.toml"),
            2,
            "The class map missing.toml cannot be read",
        ),
        (("convert", "export.json", "--output", "no/where.json"), 2, "cannot be written"),
        (("convert", "export.json", "--json"), 2, "--output"),
        (("convert", "cut.json"), 3, "it is not JSON"),
        (
            (
                "import",
                "cut.json",
                "--server",
                "http://127.0.0.1:9",
                "--project",
                "p",
                "--wait-for-server",
                "0",
            ),
            6,
            "",
        ),
        (("formats", "cocoa"), 2, "is not known"),
    ],
)
def test_what_cannot_be_converted_is_said(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """With the code of what is wrong, and nothing left behind."""
    (tmp_path / "labels.json").write_text('[{"internal_media_ID": "a"}]')
    task = '{"external_media_ID": "a", "labeler": null, "status": "skipped", "labels": {}}'
    (tmp_path / "export.json").write_text(f'[{{"label_classes": []}}, {task}]')
    (tmp_path / "cut.json").write_text(f'[{{"label_classes": []}}, {task[:-3]}')
    done = command(*arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert not list(tmp_path.glob("*.new"))


@pytest.mark.parametrize(
    ("source", "flags", "pictures"),
    [
        ("datumaro/datumaro", (), 4),
        ("labelbox/export/export.ndjson", (), 3),
        ("labelbox/import/import.ndjson", (), 2),
        ("darwin/v7", ("--holes", "cut", "--ellipse-angle", "radians"), 4),
        ("supervisely/project", ("--holes", "fill"), 3),
        ("via/via/annotations.csv", ("--class-attribute", "object"), 2),
        ("openimages/published", (), 4),
        ("kitti/datumaro", (), 2),
        ("bdd100k/scalabel/from_coco.json", ("--box-ends", "pixel"), 1),
        ("cityscapes/tool", (), 2),
    ],
)
def test_what_a_tool_wrote_is_converted_as_it_is(
    command: Command, source: str, flags: tuple[str, ...], pictures: int
) -> None:
    """Nobody names the format; each entry is one of a picture."""
    done = command("convert", str(VECTORS / "formats" / source), *flags)
    assert done.returncode in {0, 1}, done.stderr
    assert len(done.stdout.splitlines()) == pictures


def test_the_class_that_a_file_does_not_say_is_asked_for(command: Command) -> None:
    """With the flag that says it, and the code of a question."""
    done = command("convert", str(VECTORS / "formats" / "via" / "via" / "project.json"))
    assert done.returncode == 2
    assert "--class-attribute object" in done.stderr

"""The report that a command leaves, and what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from integration.cli.conftest import Run

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.cli.watching.watch import watching
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch
from support.entries import entry

CLASSES: list[dict[str, Any]] = [
    {"entryKey": "car", "entryValue": "car", "type": "POLYGON", "children": [], "required": False},
    {"entryKey": "poi", "entryValue": "poi", "type": "POINT", "children": [], "required": False},
]
WRONG = {"bycicle<script>": [{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}]}


@pytest.fixture
async def source(sandbox: Sandbox, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with an entry for each of ten media, of which one is wrong; the environment names the project."""
    del run  # which clears the environment
    project = await sandbox.prepare(name="p", media=10, label_config=CLASSES)
    for name, value in (("SERVER", sandbox.url), ("PROJECT", "p"), ("WORKERS", "0")):
        monkeypatch.setenv(f"BULK_IMPORTER_{name}", value)
    path = tmp_path / "l b.json"
    entries = [entry(media) for media in project.media_ids]
    path.write_text(json.dumps([*entries[:9], entry(project.media_ids[9], labels=WRONG)]))
    return path


def page(path: Path) -> str:
    """A report, without the style sheet."""
    return re.sub("<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


async def test_an_import_leaves_it_beside_its_summary(source: Path, run_process: Run) -> None:
    done = await run_process("import", source, "--yes")
    folder = Path(f"{source}.checkpoint")
    assert done.code == 1
    assert f"\n  Report: {folder}/report.html\n" in done.out
    text = page(folder / "report.html")
    assert "9 of 10 entries delivered, 1 rejected." in text
    assert "class-unknown" in text
    assert "bycicle&lt;script&gt;" in text
    assert 'href="rejected.jsonl#:~:text=%22position%22%3A9%2C">line 1 of rejected.jsonl</a>' in text
    assert f"<pre><code>bulk-importer retry &#39;{folder}&#39; CORRECTED.jsonl" in text.replace("'", "&#39;")
    assert "<svg" in text.split("Rejected entries</h2>")[1]


async def test_it_says_how_many_geometries_there_are_of_each_class(
    source: Path, run_process: Run, sandbox: Sandbox
) -> None:
    """Once, although the second run reads again what the first one did not send."""
    ids = [each["internal_media_ID"] for each in json.loads(source.read_text())]
    point, polygon = {"point": [{"x": 1, "y": 2}]}, {"polygon": [{"x": x, "y": x * x} for x in range(3)]}
    labels = {"poi": [point], "car": [polygon, polygon]}
    source.write_text(json.dumps([entry(media, labels=labels) for media in ids]))
    await run_process("import", source, "--yes", "--limit", "3")
    done = await run_process("import", source, "--yes")
    assert done.code == 0, done.err
    text = page(Path(f"{source}.checkpoint", "report.html"))
    chapter = text.split("Labels by class</h2>")[1].split("<h2")[0]
    assert "Geometries of 10 entries that passed the checks, by class" in chapter
    assert re.findall(r">(car|poi)<[^0-9]*>(\d+)</td>", chapter.split("<table")[1]) == [
        ("car", "20"),
        ("poi", "10"),
    ]


async def test_a_program_learns_where_it_is(source: Path, run_process: Run, tmp_path: Path) -> None:
    named = tmp_path / "r.html"
    done = await run_process("import", source, "--yes", "--json", "--report", named)
    facts = json.loads(done.out)
    assert facts["report"] == str(named)
    assert facts["sources"][0]["report"] == str(named)
    assert "9 of 10 entries" in page(named)
    assert 'href="l%20b.json.checkpoint/rejected.jsonl#' in page(named)
    assert not Path(f"{source}.checkpoint", "report.html").exists()


@pytest.mark.parametrize("refusal", [("--no-report",), ("--report", "none")])
async def test_there_is_none_where_nobody_wants_one(
    source: Path, run_process: Run, refusal: tuple[str, ...]
) -> None:
    done = await run_process("import", source, "--yes", "--json", *refusal)
    assert json.loads(done.out)["report"] is None
    assert not Path(f"{source}.checkpoint", "report.html").exists()


async def test_a_report_that_cannot_be_written_changes_no_exit_code(
    source: Path, run_process: Run, tmp_path: Path
) -> None:
    (tmp_path / "r.html").write_text("of somebody else")  # where it is put when nothing else is said
    folder = Path(f"{source}.checkpoint")
    folder.mkdir()
    (folder / "report.html").symlink_to(tmp_path / "r.html")
    done = await run_process("import", source, "--yes")
    assert done.code == 1
    said = [line for line in done.err.splitlines() if "no report" in line]
    assert len(said) == 1
    assert "report.html cannot be written: there is a file that is no report, which is kept." in said[0]
    assert said[0].endswith(f" This makes it elsewhere: bulk-importer report '{folder}' --output FILE")
    assert (tmp_path / "r.html").read_text() == "of somebody else"
    assert "Report:" not in done.out


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("missing/r.html", "there is no folder"),
        ("l b.json", "there is a file that is no report, which is kept"),
        (".", "it is a folder"),
        ("-", "a report is a file"),
    ],
)
@pytest.mark.parametrize("command", ["import", "check", "convert"])
async def test_a_file_that_it_cannot_be_is_refused_before_anything_is_done(
    source: Path, run: Run, command: str, named: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above all the source itself."""
    monkeypatch.chdir(source.parent)
    held = source.read_bytes()
    done = await run(command, source, "--report", named)
    assert done.code == 2
    assert f"No report can be written to {named}: {why}" in done.err
    assert done.err.endswith("Name another file with --report.\n")
    assert source.read_bytes() == held
    assert sorted(path.name for path in source.parent.iterdir()) == [source.name]


async def test_it_may_be_in_a_folder_that_the_import_makes(source: Path, run_process: Run) -> None:
    folder = source.parent / "runs"
    done = await run_process("import", source, "--yes", "--checkpoint", folder, "--report", folder / "r.html")
    assert done.code == 1
    assert "9 of 10 entries" in page(folder / "r.html")
    again = await run_process(
        "import", source, "--yes", "--checkpoint", folder, "--report", folder / "r.html"
    )
    assert again.code == 1
    assert again.out.endswith(f"  Report: {folder}/r.html\n")


async def test_a_retry_writes_it_anew(source: Path, run_process: Run, tmp_path: Path) -> None:
    await run_process("import", source, "--yes")
    folder = Path(f"{source}.checkpoint")
    line = json.loads((folder / "rejected.jsonl").read_text())
    line["entry"]["labels"] = {}
    (tmp_path / "c.jsonl").write_text(json.dumps(line) + "\n")
    done = await run_process("retry", folder, tmp_path / "c.jsonl", "--yes")
    assert done.code == 0, done.err
    assert "All 10 entries are delivered." in page(folder / "report.html")


async def test_it_is_made_at_any_time_from_the_log_alone(source: Path, run_process: Run, run: Run) -> None:
    await run_process("import", source, "--yes", "--no-report", "--limit", "3")
    folder = Path(f"{source}.checkpoint")
    for name in ("summary.json", "rejected.jsonl"):
        (folder / name).unlink()
    done = await run("report", folder)
    assert done == (0, f"Report: {folder}/report.html\n", "")
    text = page(folder / "report.html")
    assert "<h1>Stopped</h1>" in text
    assert "the same import command resumes" in text.lower()


async def test_of_a_folder_of_several_sources_there_is_one(
    source: Path, run_process: Run, run: Run, tmp_path: Path
) -> None:
    other = tmp_path / "o.json"
    other.write_text("[]")
    root = tmp_path / "runs"
    done = await run_process("import", source, other, "--yes", "--checkpoint", root, "--json")
    facts = json.loads(done.out)
    assert facts["report"] is None
    assert [each["report"] for each in facts["sources"]] == [
        str(root / f"{name}.checkpoint" / "report.html") for name in ("l b.json", "o.json")
    ]
    done = await run("report", root, "--output", tmp_path / "all.html", "--json")
    assert json.loads(done.out)["report"] == str(tmp_path / "all.html")
    text = page(tmp_path / "all.html")
    assert "2 sources" in text
    assert 'href="runs/l%20b.json.checkpoint/rejected.jsonl#' in text


async def test_a_source_of_which_nothing_is_on_record_is_in_it(
    source: Path, run_process: Run, tmp_path: Path
) -> None:
    """Else all would be well with what is left."""
    other = tmp_path / "o.json"
    other.write_text("[]")
    named = tmp_path / "r.html"
    done = await run_process("import", other, tmp_path / "gone.json", "--yes", "--report", named)
    assert done.code == 3
    text = page(named)
    assert "failed: 2 sources</title>" in text
    assert "gone.json</bdi>: Nothing was sent</h2>" in text
    assert "gone.json cannot be read: there is no such file." in text


async def test_of_a_check_it_tells_what_could_be_sent(source: Path, run: Run, tmp_path: Path) -> None:
    """Of each source, also of one that cannot be read."""
    named = tmp_path / "r.html"
    done = await run("check", source, tmp_path / "gone.json", "--report", named)
    assert done.code == 3
    text = page(named)
    row = text.split("<caption>All sources</caption>")[1].split("</table>")[0]
    assert "could be sent" in row
    assert re.findall("<td[^>]*>([0-9]+)</td>", row) == ["10", "9", "1", "0", "0", "0"]
    assert "All of it: nothing could be read." in text
    assert "Do what is said above, and check it again." in text


async def test_a_check_shows_images_and_does_not_deny_it(source: Path, run: Run, tmp_path: Path) -> None:
    done = await run("check", source, "--images", tmp_path, "--metrics", "0")
    assert done.err == "bulk-importer: --metrics has no effect in a check, which sends and keeps nothing.\n"


async def test_a_mistake_of_ours_hides_nothing_of_what_is_on_record(
    source: Path, run_process: Run, tmp_path: Path
) -> None:
    await run_process("import", source, "--yes", "--no-report")
    folder = Path(f"{source}.checkpoint")

    async def fail() -> None:
        settings = Settings(report=str(tmp_path / "r.html"))
        async with watching("import", [str(source), "m.json"], settings, StopSwitch()) as watch:
            with watch.run(folder):
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert "9 of 10 entries delivered, 1 rejected." in page(tmp_path / "r.html")


async def test_what_is_no_checkpoint_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text("")
    done = await run("report", tmp_path / "b.jsonl")
    assert done.code == 2
    assert "is no folder" in done.err
    done = await run("report", tmp_path)
    assert done.code == 7
    assert not (tmp_path / "report.html").exists()


async def test_a_check_leaves_it_beside_the_source(source: Path, run: Run, tmp_path: Path) -> None:
    done = await run("check", source)
    path = tmp_path / "l b.json.check.html"
    assert f"  Report: {path}\n" in done.out
    text = page(path)
    assert "10 entries: 9 could be sent, 1 would be rejected." in text
    assert "<svg" in text.split("would be rejected</h2>")[1]
    assert re.search(r"against project p at http://127\.0\.0\.1:\d+", text)
    facts = json.loads((await run("check", source, "--json", "--no-report")).out)
    assert facts["report"] is None


async def test_it_shows_entries_on_their_images_and_marks_what_is_wrong(
    source: Path, run: Run, tmp_path: Path
) -> None:
    media = json.loads(source.read_text())[9]["internal_media_ID"]
    images = tmp_path / "images"
    images.mkdir()
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x0a\0\0\0\x14\x08\x02\0\0\0"
    (images / f"{media}.png").write_bytes(head)
    await run("check", source, "--images", images)
    text = page(tmp_path / "l b.json.check.html")
    assert '<image href="data:image/png;base64,' in text
    assert "An image of 10 x 20 pixels." in text
    assert '<mark>"bycicle&lt;script&gt;"</mark>' in text
    await run("check", source, "--images", "https://images.example/{id}")
    text = page(tmp_path / "l b.json.check.html")
    assert "img-src data: https://images.example;" in text
    assert f'<image href="https://images.example/{media}"' in text


async def test_images_that_cannot_be_are_refused_before_anything_is_done(
    source: Path, run: Run, run_process: Run
) -> None:
    for images in ("nowhere", "https://images.example/{what}"):
        done = await run_process("import", source, "--yes", "--images", images)
        assert done.code == 2
        assert "--images" in done.err
        assert not Path(f"{source}.checkpoint").exists()
        assert (await run("check", source, "--images", images)).code == 2


async def test_a_pattern_passes_it_over(source: Path, run: Run, tmp_path: Path) -> None:
    await run("check", source)
    done = await run("check", str(tmp_path / "*.*"), "--json")
    assert json.loads(done.out)["source"] == str(source)


async def test_a_check_of_what_has_no_place_leaves_none(run: Run, tmp_path: Path, sandbox: Sandbox) -> None:
    done = await run("check", f"{sandbox.url}/labels.json", "--json", "--label-config", "none")
    assert json.loads(done.out)["report"] is None
    assert list(tmp_path.iterdir()) == []


async def test_a_conversion_leaves_it_beside_its_output(run: Run, tmp_path: Path) -> None:
    coco = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "iscrowd": 0}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    done = await run("convert", tmp_path / "coco.json", "--output", tmp_path / "e.json")
    assert f"  Report: {tmp_path}/e.json.convert.html\n" in done.err
    text = page(tmp_path / "e.json.convert.html")
    assert "1 of 1 object carried" in text
    assert f"bulk-importer import {tmp_path}/e.json --server URL --project P" in text


async def test_an_import_that_was_taken_back_says_so_first(source: Path, run_process: Run) -> None:
    await run_process("import", source, "--yes")
    folder = Path(f"{source}.checkpoint")
    done = await run_process("undo", folder, "--yes")
    assert f"  Report: {folder}/report.html\n" in done.out
    text = page(folder / "report.html")
    assert "<h1>Taken back</h1>" in text
    assert "CORRECTED.jsonl" not in text


async def test_where_nothing_began_a_report_that_was_named_says_why(
    run: Run, run_process: Run, tmp_path: Path
) -> None:
    del run  # which clears the environment
    named = tmp_path / "r.html"
    gone = ("--server", "http://127.0.0.1:9", "--project", "p", "--wait-for-server", "0s")
    (tmp_path / "l.json").write_text("[]")
    done = await run_process("import", tmp_path / "l.json", *gone, "--report", named)
    assert done.code == 6
    text = page(named)
    assert "<h1>Nothing was sent</h1>" in text
    assert "http://127.0.0.1:9 is not available" in text
    assert "What is missing" not in text


async def test_a_migration_says_what_became_of_each_label(
    source: Path, sandbox: Sandbox, run_process: Run, run: Run, tmp_path: Path
) -> None:
    """Also when it is made later, from the log."""
    await sandbox.prepare(name="there", media=3, label_config=CLASSES)
    here = await sandbox.prepare(name="here", media=3, label_config=CLASSES)
    (tmp_path / "e.json").write_text(json.dumps([entry(media) for media in here.media_ids]))
    assert (await run_process("import", tmp_path / "e.json", "--project", "here", "--no-report")).code == 0
    folder = tmp_path / "m"
    command = ("migrate", "--from-project", "here", "--project", "there", "--yes", "--checkpoint", folder)
    done = await run_process(*command)
    assert done.code == 0, done.err
    for _ in range(2):
        text = page(folder / "report.html")
        assert "3 labels read = 3 carried + 0 left behind." in text
        assert "Compared: 3 media hold just what was sent, to the last bit." in text
        (folder / "report.html").unlink()
        await run("report", folder)
    assert source.exists()


@pytest.mark.parametrize(
    ("named", "why"),
    [("l b.json", "there is a file that is no report, which is kept"), ("-", "a report is a file")],
)
async def test_made_later_it_replaces_reports_alone(
    source: Path, run_process: Run, run: Run, monkeypatch: pytest.MonkeyPatch, named: str, why: str
) -> None:
    monkeypatch.chdir(source.parent)
    await run_process("import", source.name, "--yes", "--limit", "3")
    folder = Path(f"{source.name}.checkpoint")
    assert await run("report", folder) == (0, f"Report: {folder}/report.html\n", "")
    held = source.read_bytes()
    done = await run("report", folder, "--output", named)
    assert done == (
        2,
        "",
        f"bulk-importer: No report can be written to {named}: {why}. Name another file with --output.\n",
    )
    assert source.read_bytes() == held


async def test_of_a_run_that_is_under_way_it_says_so(source: Path, run_process: Run, run: Run) -> None:
    """By the lock that it holds, and by what its log says that it waits for."""
    await run_process("import", source, "--yes", "--no-report", "--limit", "3")
    folder = Path(f"{source}.checkpoint")
    held = Checkpoint.reopen(folder, "another")
    try:
        with (folder / "run.log").open("a") as log:
            log.write('{"at":"2026-11-27T22:00:00+00:00","event":"RunPaused","by":"eve <b>"}\n')
        assert (await run("report", folder)).code == 0
    finally:
        await held.close()
    text = page(folder / "report.html")
    assert "<h1>Running</h1>" in text
    assert "It is paused: eve &lt;b&gt; paused it" in text
    assert "bulk-importer status" in text

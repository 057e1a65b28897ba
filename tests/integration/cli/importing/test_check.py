"""`check` finds what `import` would refuse, sends no label, and never stops at the first error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from bulk_importer.sandbox import Sandbox
from support.entries import entry

CLASSES: list[dict[str, Any]] = [
    {"entryKey": "car", "entryValue": "car", "type": "POLYGON", "children": [], "required": False},
    {"entryKey": "poi", "entryValue": "poi", "type": "POINT", "children": [], "required": False},
    {
        "entryKey": "weather",
        "entryValue": "weather",
        "type": "SELECT",
        "children": [],
        "required": False,
        "options": {"sunny": "sunny", "rain": "rain"},
    },
]


def with_option(media_id: str, option: str) -> dict[str, Any]:
    """An entry with an answer to the select."""
    return entry(media_id, global_classifications={"weather": [option]})


@pytest.fixture
async def target(sandbox: Sandbox, run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A sandbox with a project `p` of ten media, which the environment names."""
    project = await sandbox.prepare(name="p", media=10, label_config=CLASSES)
    monkeypatch.setenv("BULK_IMPORTER_SERVER", sandbox.url)
    monkeypatch.setenv("BULK_IMPORTER_PROJECT", "p")
    monkeypatch.setenv("BULK_IMPORTER_WORKERS", "0")
    return project


@pytest.fixture
def source(tmp_path: Path) -> Callable[[object], Path]:
    """Write a document to a file."""

    def write(document: object) -> Path:
        path = tmp_path / "l.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


async def report(run: Any, *arguments: object) -> dict[str, Any]:
    """What a check reports to programs."""
    done = await run("check", *arguments, "--json")
    assert done.out, done.err
    read: dict[str, Any] = json.loads(done.out)
    assert read["exit_code"] == done.code, done.err
    return read


def media_of(found: dict[str, Any]) -> tuple[int | None, int | None, int | None]:
    """The media that would get something, those of which all entries are rejected, and those without an entry."""
    return found["media_accepted"], found["media_rejected"], found["media_without_entry"]


async def test_media_of_which_all_entries_are_rejected_are_told_from_those_without_an_entry(
    target: Any, source: Any, run: Any
) -> None:
    """A media of which another entry would be sent is none of them, and neither is one that the project has not."""
    ids = target.media_ids
    entries = [entry(ids[0]), entry(ids[0], labels={"tram": []}), entry(ids[1].upper(), labels={"tram": []})]
    entries += [
        entry(ids[1], broken=True),
        entry(ids[2]),
        entry("nobody"),
        entry(ids[2], labels={"tram": []}),
    ]
    assert media_of(await report(run, source(entries))) == (2, 1, 7)
    printed = (await run("check", source(entries))).out
    assert "2 would get something, 1 with nothing but rejected entries, 7 without an entry" in printed


async def test_a_clean_input_is_told_what_would_become_of_it(
    sandbox: Sandbox, target: Any, source: Any, run: Any
) -> None:
    """Entries, media, the mix of keepData, geometries by class; and no request but look-ups leaves."""
    entries = [entry(media_id, keepData=True) for media_id in target.media_ids[:7]]
    entries[0]["labels"]["car"] = [{"polygon": [{"x": 1, "y": 1}, {"x": 5, "y": 1}, {"x": 5, "y": 5}]}] * 2
    found = await report(run, source(entries))
    assert (found["exit_code"], found["entries"], found["accepted"], found["rejected"]) == (0, 7, 7, 0)
    assert (media_of(found), found["keep_data"]) == ((7, 0, 3), {"true": 7})
    assert found["geometries"] == {"poi": 7, "car": 2}
    assert found["unchecked"] == []
    assert found["bytes"] == source(entries).stat().st_size
    assert {seen.method for seen in sandbox.requests} == {"GET"}


async def test_everything_wrong_is_found_at_once_and_as_import_finds_it(
    target: Any, source: Any, run: Any, run_process: Any, tmp_path: Path
) -> None:
    """Each ring has its say; import rejects the same positions."""
    ids = target.media_ids
    path = source(
        [
            entry(ids[0]),
            entry(ids[1], labels={"poi": [{"point": [{"x": -1, "y": 2}]}]}),
            entry(ids[2], labels={"tram": []}),
            with_option(ids[3], "Sunny"),
            entry("nobody"),
            entry(ids[5], keepdata=False),
        ]
    )
    findings = tmp_path / "findings.jsonl"
    found = await report(run, path, "--findings", findings)
    codes = ["schema-coordinate", "class-unknown", "option-unknown", "media-unknown", "key-near-known"]
    assert [found["findings"].get(code) for code in codes] == [1] * 5
    assert (found["exit_code"], found["accepted"], found["rejected"]) == (ExitCode.REJECTIONS, 1, 5)
    lines = [json.loads(line) for line in findings.read_text().splitlines()]
    assert [(line["position"], line["code"]) for line in lines] == list(enumerate(codes, 1))
    assert lines[2]["pointer"] == "/global_classifications/weather/0"
    assert lines[2]["expected"].startswith("'sunny'") or "sunny" in lines[2]["expected"]

    await run_process("import", path, "--quiet")
    rejected = (tmp_path / "l.json.checkpoint" / "rejected.jsonl").read_text().splitlines()
    again = [json.loads(line) for line in rejected]
    assert {each["position"] for each in again} == {1, 2, 3, 4, 5}
    assert [finding for each in again for finding in each["findings"]] == lines


async def test_many_equal_mistakes_are_one_paragraph(target: Any, source: Any, run: Any) -> None:
    """With their number, one example and the advice."""
    wrong = [with_option(target.media_ids[number % 10], "Sunny") for number in range(3000)]
    done = await run("check", source(wrong), "--onto-uploaded")
    assert done.code == ExitCode.REJECTIONS
    paragraph = done.out[done.out.index("3,000 x error option-unknown") :].split("\n\n")[0]
    assert len(paragraph.splitlines()) == 4
    assert '3,000 x "Sunny"' in paragraph
    assert "first at position 0 (byte " in paragraph


async def test_warnings_are_shown_and_do_not_reject(target: Any, source: Any, run: Any) -> None:
    """Unless the run is strict, or the code is denied; an allowed one is only counted."""
    path = source([entry(target.media_ids[0], image_name="a.jpg"), entry(target.media_ids[1])])
    found = await report(run, path)
    assert (found["exit_code"], found["accepted"], found["findings"].get("key-unknown")) == (0, 2, 1)
    (group,) = found["groups"]
    assert (group["code"], group["severity"], group["count"]) == ("key-unknown", "warning", 1)
    for arguments in (["--strict"], ["--deny", "key-unknown"]):
        strict = await report(run, path, *arguments)
        assert (strict["exit_code"], strict["rejected"]) == (ExitCode.REJECTIONS, 1)
    allowed = await report(run, path, "--strict", "--allow", "key-unknown", "--allow", "class-case")
    assert (allowed["exit_code"], allowed["groups"]) == (0, [])
    assert allowed["findings"]["key-unknown"] == 1


async def test_an_unknown_code_is_a_mistake_of_the_command_line(target: Any, source: Any, run: Any) -> None:
    """The nearest one is named."""
    done = await run("check", source([]), "--allow", "key-unknwon")
    assert (done.code, "'key-unknown'" in done.err) == (ExitCode.USAGE, True)


FORMS: dict[str, tuple[Callable[[], object], bool]] = {
    "the server's own": (lambda: {"id": "x", "projectId": "y", "entries": CLASSES}, False),
    "the editor's export": (lambda: CLASSES, False),
    "label_classes": (
        lambda: [
            {"class_name": "poi", "geometry_type": "point"},
            {"class_name": "weather", "classification_type": "radio"},
        ],
        True,
    ),
    "an export": (
        lambda: [{"label_classes": [{"class_name": "poi", "geometry_type": "point"}]}, entry("a")] * 3,
        True,
    ),
}


@pytest.mark.parametrize("form", FORMS)
async def test_a_label_configuration_comes_from_a_file_in_any_form(
    source: Any, run: Any, tmp_path: Path, form: str
) -> None:
    """Without a server; a list of classes checks what it can, and says what it cannot."""
    make, is_flat = FORMS[form]
    config = tmp_path / "config.json"
    config.write_text(json.dumps(make()))
    path = source([entry("a"), entry("b", labels={"tram": []})])
    found = await report(run, path, "--label-config", config, "--workers", "0")
    assert (found["exit_code"], found["rejected"], found["findings"]["class-unknown"]) == (1, 1, 1)
    assert any("options" in phrase for phrase in found["unchecked"]) is is_flat
    assert any("no --server" in phrase for phrase in found["unchecked"])


async def test_without_server_and_file_it_says_what_is_not_checked(source: Any, run: Any) -> None:
    """The schema is, always."""
    path = source([entry("a"), entry("b", labels={"tram": []}), {"labels": []}])
    found = await report(run, path, "--workers", "0")
    assert (found["rejected"], found["media_without_entry"], found["replacing"]) == (1, None, None)
    assert len(found["unchecked"]) == 2


async def test_a_project_needs_a_name_where_a_server_is_to_be_asked(source: Any, run: Any) -> None:
    """It is not guessed."""
    done = await run("check", source([]), "--server", "http://127.0.0.1:9")
    assert (done.code, "--project" in done.err) == (ExitCode.USAGE, True)


async def test_what_breaks_off_ends_with_3_and_what_was_found_before(
    target: Any, source: Any, run: Any
) -> None:
    """The errors before the break are reported, too."""
    text = json.dumps([entry("nobody"), entry(target.media_ids[1])])[:-5]
    found = await report(run, source(text))
    assert (found["exit_code"], found["entries"], found["rejected"]) == (ExitCode.INPUT, 1, 1)
    assert "at byte" in found["message"]


async def test_a_sample_ends_after_so_many(target: Any, source: Any, run: Any) -> None:
    """Errors behind it are not looked at."""
    entries = [entry(target.media_ids[number % 10]) for number in range(40)]
    entries[20]["labels"]["tram"] = []
    entries[30]["labels"]["tram"] = []
    found = await report(run, source(entries), "--sample", "25")
    assert (found["entries"], found["accepted"], found["rejected"]) == (25, 24, 1)
    assert found["media_without_entry"] is None  # what follows may mention them
    done = await run("check", source(entries), "--sample", "0")
    assert done.code == ExitCode.USAGE


async def test_a_later_entry_that_wipes_an_earlier_one_is_found(target: Any, source: Any, run: Any) -> None:
    """Ids that the server takes for one are one media; denied, the later entry is rejected."""
    media_id = target.media_ids[0]
    path = source(
        [entry(media_id), entry(target.media_ids[1]), entry(media_id.upper() + " ", keepData=False)]
    )
    found = await report(run, path)
    (group,) = found["groups"]
    assert (found["exit_code"], group["code"], group["example"]["position"]) == (0, "earlier-entry-wiped", 2)
    denied = await report(run, path, "--deny", "earlier-entry-wiped")
    assert (denied["exit_code"], denied["accepted"], denied["rejected"]) == (ExitCode.REJECTIONS, 2, 1)


async def test_media_that_hold_an_upload_are_guarded(
    target: Any, source: Any, run: Any, run_process: Any, tmp_path: Path
) -> None:
    """Appending to them is an error unless it is asked for; replacing is counted."""
    await run_process("import", source([entry(media_id) for media_id in target.media_ids[:4]]), "--quiet")
    (tmp_path / "l.json.checkpoint").rename(tmp_path / "deleted by somebody")
    appending = await report(run, tmp_path / "l.json")
    assert (appending["rejected"], appending["findings"]["media-uploaded"]) == (4, 4)
    assert (await report(run, tmp_path / "l.json", "--onto-uploaded"))["rejected"] == 0
    replacing = await report(run, source([entry(media_id, keepData=False) for media_id in target.media_ids]))
    assert (replacing["rejected"], replacing["replacing"]) == (0, 4)


@pytest.mark.parametrize("form", ["--csv", "--json", "ids", "lines"])
async def test_a_list_of_media_takes_the_place_of_the_server(
    target: Any, source: Any, run: Any, tmp_path: Path, form: str
) -> None:
    """As `media` prints it, as JSON Lines, or an id a line."""
    listed = tmp_path / "media"
    if form.startswith("--"):
        listed.write_text((await run("media", form)).out)
    elif form == "ids":
        listed.write_text("\n".join(target.media_ids) + "\n")
    else:
        listed.write_text("\n".join(json.dumps({"id": media_id}) for media_id in target.media_ids))
    path = source([entry(target.media_ids[3]), entry("nobody")])
    found = await report(run, path, "--media-list", listed)
    assert (found["accepted"], found["findings"]["media-unknown"]) == (1, 1)
    assert found["media_without_entry"] == 9


async def test_coordinates_outside_the_image_are_found_where_a_list_gives_its_size(
    target: Any, source: Any, run: Any, tmp_path: Path
) -> None:
    """Two columns more in what `media` prints; without them nobody knows, and nothing else is lost by them."""
    ids = target.media_ids
    outside = {
        "poi": [{"point": [{"x": 641, "y": 2}]}],
        "car": [{"polygon": [{"x": x, "y": 481 + x} for x in (1, 2)] + [{"x": 1, "y": 490}]}],
    }
    path = source([entry(ids[0], labels=outside), entry(ids[1], labels=outside), entry(ids[2])])
    listed = (await run("media", "--csv")).out.splitlines()
    assert "geometry-outside" not in (await report(run, path))["findings"]
    sizes = {ids[0]: ",640,480", ids[1]: ",,", ids[2]: ",0,0"}
    rows = [listed[0] + ",width,height", *(row + sizes.get(row.split(",")[0], ",9,9") for row in listed[1:])]
    (tmp_path / "media.csv").write_text("\n".join(rows) + "\n")
    findings = tmp_path / "findings.jsonl"
    found = await report(run, path, "--media-list", tmp_path / "media.csv", "--findings", findings)
    assert (found["exit_code"], found["findings"]["geometry-outside"], found["unchecked"]) == (0, 2, [])
    assert any("sizes" in phrase for phrase in found["checked"])
    lines = [json.loads(line) for line in findings.read_text().splitlines()]
    assert {(line["media_id"], line["severity"]) for line in lines} == {(ids[0], "warning")}
    assert [line["pointer"] for line in lines] == ["/labels/poi/0/point/0", "/labels/car/0/polygon/0"]
    strict = await report(run, path, "--media-list", tmp_path / "media.csv", "--strict")
    assert (strict["exit_code"], strict["rejected"]) == (ExitCode.REJECTIONS, 1)


async def test_a_list_without_states_is_said_to_lack_them(
    target: Any, source: Any, run: Any, tmp_path: Path
) -> None:
    """Finished work is not guarded by it."""
    empty = "id,state,has_upload\n" + "".join(f"{media_id},,\n" for media_id in target.media_ids)
    for text in ("\n".join(target.media_ids), empty):
        (tmp_path / "ids").write_text(text)
        found = await report(run, source([entry(target.media_ids[0])]), "--media-list", tmp_path / "ids")
        (phrase,) = found["unchecked"]
        assert "finished" in phrase


@pytest.mark.parametrize(
    "content", ["[1]", '{"name": 5}', '[{"id": "a"', "id,name\n,x\n", "id,width,height\na,640px,1\n"]
)
async def test_a_list_of_media_that_is_none_is_refused(
    target: Any, source: Any, run: Any, tmp_path: Path, content: str
) -> None:
    """With the row at which it ends to make sense."""
    (tmp_path / "media").write_text(content)
    done = await run("check", source([]), "--media-list", tmp_path / "media")
    assert (done.code, "at its row 1" in done.err) == (ExitCode.USAGE, True), done.err


async def test_too_many_media_are_read_by_pages_or_left_out(
    start_sandbox: Any, source: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open-core servers have pages; by token the ring is left out, and that is said."""
    monkeypatch.setenv("DATAGYM_TOKEN", "secret-1")
    for flavour, rejected in (("open-core", 1), ("cloud", 0)):
        sandbox = await start_sandbox(flavour=flavour, tokens=["secret-1"], seed=1)
        project = await sandbox.prepare(name="p", media=30, label_config=CLASSES)
        path = source([entry(project.media_ids[29]), entry("nobody")])
        arguments = ["--server", sandbox.url, "--project", "p", "--workers", "0", "--max-listing", "20"]
        found = await report(run, path, *arguments)
        assert found["rejected"] == rejected
        assert any("--max-listing" in phrase for phrase in found["unchecked"])


async def test_several_sources_are_checked_one_after_the_other(target: Any, run: Any, tmp_path: Path) -> None:
    """The worst of them decides the exit code; patterns are expanded."""
    (tmp_path / "a.json").write_text(json.dumps([entry(target.media_ids[0])]))
    (tmp_path / "b.json").write_text(json.dumps([entry("nobody")]))
    (tmp_path / "c.json").write_text("[")
    done = await run("check", tmp_path / "*.json", "--json")
    assert done.code == ExitCode.INPUT
    assert [each["rejected"] for each in json.loads(done.out)["sources"]] == [0, 1, 0]


async def test_sources_of_one_import_may_append_to_the_same_media(
    target: Any, run_process: Any, tmp_path: Path
) -> None:
    """What the first of them uploads is our own when the second is checked."""
    for name in ("cars.json", "people.json"):
        (tmp_path / name).write_text(json.dumps([entry(media_id) for media_id in target.media_ids]))
    done = await run_process("import", tmp_path / "cars.json", tmp_path / "people.json", "--json")
    assert (done.code, [each["delivered"] for each in json.loads(done.out)["sources"]]) == (0, [10, 10])


async def test_an_import_with_an_unknown_code_leaves_no_checkpoint(
    target: Any, source: Any, run_process: Any, tmp_path: Path
) -> None:
    """It never began."""
    done = await run_process("import", source([]), "--deny", "media-unknwon")
    assert (done.code, "'media-unknown'" in done.err) == (ExitCode.USAGE, True)
    assert not (tmp_path / "l.json.checkpoint" / "log").exists()


async def test_findings_that_cannot_be_written_are_told(source: Any, run: Any, tmp_path: Path) -> None:
    """When the file is made as when the disk is full."""
    nowhere = tmp_path / "nowhere" / "f.jsonl"
    for place, why in ((nowhere, "there is no such folder"), ("/dev/full", "No space left on device")):
        done = await run("check", source([5]), "--workers", "0", "--findings", place)
        assert done.code == ExitCode.USAGE
        assert f"--findings {place} cannot be written: {why}" in done.err


async def test_a_project_of_videos_is_refused(
    sandbox: Sandbox, source: Any, run: Any, run_process: Any
) -> None:
    """The server would take labels and show them nowhere."""
    await sandbox.prepare(name="films", media=2, media_type="VIDEO")
    for runs, command in ((run, "check"), (run_process, "import")):
        done = await runs(command, source([]), "--server", sandbox.url, "--project", "films")
        assert (done.code, "holds videos" in done.err) == (ExitCode.USAGE, True)


async def test_findings_do_not_go_over_the_source(target: Any, run: Any, source: Any) -> None:
    """A file is emptied when it is opened, before anything of it was read."""
    path = source([entry(target.media_ids[0])])
    held = path.read_bytes()
    done = await run("check", path, "--findings", path)
    said = f"bulk-importer: --findings {path} is a file that this command reads. Name another one.\n"
    assert done == (2, "", said)
    assert path.read_bytes() == held

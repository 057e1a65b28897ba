"""A settings file is found by itself, and that is said; its examples and its schema are at hand."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.cli.settings.schema import settings_schema
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.settings import Definition, Settings, definitions, load
from support.around.alone import alone_with
from support.places import CONFIG

NAME = "bulk-importer.toml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a source in a folder `data`, and an XDG folder of its own."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "l.json").write_text("[]")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    (tmp_path / "xdg" / "bulk-importer").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def limited(folder: Path, limit: int) -> Path:
    """A settings file that a check reads and that leaves it harmless; which one was read shows in a message."""
    path = folder / NAME
    path.write_text(f'label_config = "none"\nmax_depth = {limit}\n')
    return path


async def origin(run: Any, *arguments: object) -> str:
    """Where `max_depth` of the `settings` command is from."""
    done = await run("settings", "--json", *arguments)
    assert done.code == 0, done.err
    return str(json.loads(done.out)["max_depth"]["origin"])


async def test_the_file_beside_the_source_counts_and_is_said(run: Any, folder: Path) -> None:
    """Not the one in the current folder, nor the one in the XDG folder."""
    limited(folder, 9)
    limited(folder / "xdg" / "bulk-importer", 10)
    beside = limited(folder / "data", 3)
    done = await run("check", "data/l.json")
    assert done.code == ExitCode.USAGE
    assert f"file {beside.relative_to(folder)}: 3 is below 8" in done.err
    beside.write_text('label_config = "none"\n')
    done = await run("check", "data/l.json")
    assert done.code == 0
    assert "Settings are read from data/bulk-importer.toml ('--config none' leaves it out)." in done.err


async def test_where_there_is_no_source_the_current_folder_counts_and_then_the_xdg_folder(
    run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For look-ups, for standard input and for URLs."""
    own = limited(folder / "xdg" / "bulk-importer", 10)
    assert await origin(run) == f"file {own}"
    here = limited(folder, 9)
    assert await origin(run) == f"file {here.relative_to(folder)}"
    here.unlink()
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(folder))
    (folder / ".config" / "bulk-importer").mkdir(parents=True)
    at_home = limited(folder / ".config" / "bulk-importer", 11)
    assert await origin(run) == f"file {at_home}"


async def test_what_a_found_file_would_run_is_run_by_nobody(run_process: Any, folder: Path) -> None:
    """It may have come in an archive, with the source; one that is named, or the user's own, is meant."""
    words = (
        "import",
        "data/l.json",
        "--server",
        "http://127.0.0.1:1",
        "--project",
        "p",
        "--wait-for-server",
        "0",
    )
    beside, ran = folder / "data" / NAME, folder / "ran"
    beside.write_text(f"on_finish = 'touch {ran}'\n")
    done = await run_process(*words)
    assert done.code == ExitCode.USAGE
    assert "data/bulk-importer.toml has a command to run (on_finish), and nobody named that file" in done.err
    assert not ran.exists()
    assert (await run_process(*words, "--config", beside)).code == ExitCode.SERVER
    assert ran.exists()
    ran.unlink()
    beside.rename(folder / "xdg" / "bulk-importer" / NAME)
    assert (await run_process(*words)).code == ExitCode.SERVER
    assert ran.exists()


async def test_a_checkpoint_is_looked_beside_where_a_command_takes_one(run: Any, folder: Path) -> None:
    """It stands beside the source."""
    limited(folder / "data", 3)
    done = await run("retry", "data/l.json.checkpoint")
    assert "file data/bulk-importer.toml: 3 is below 8" in done.err


async def test_a_source_that_is_a_pattern_or_a_folder_has_neighbours_too(run: Any, folder: Path) -> None:
    """Those of the files that it matches, and those in the folder or beside it; a URL and standard input have none."""
    limited(folder, 3)
    for source in ("-", "http://127.0.0.1:1/l.json"):
        assert "file bulk-importer.toml: 3 is below 8" in (await run("check", source)).err
    beside = limited(folder / "data", 4)
    for source in ("data/*.json", "d*a/l.json", "**/l.json", "data", "data/l.json"):
        done = await run("check", source)
        assert "file data/bulk-importer.toml: 4 is below 8" in done.err, source
    beside.unlink()
    assert "file bulk-importer.toml: 3 is below 8" in (await run("check", "data")).err


async def test_a_file_that_is_named_is_the_only_one(
    run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the flag before the variable; `none` names none, and an empty variable nothing."""
    limited(folder, 9)
    other = folder / "other.toml"
    other.write_text("max_depth = 12\n")
    monkeypatch.setenv("BULK_IMPORTER_CONFIG", str(other))
    done = await run("settings")
    assert (done.err, f"file {other}" in done.out) == ("", True)
    assert await origin(run, "--config", "none") == "default"
    monkeypatch.setenv("BULK_IMPORTER_CONFIG", "none")
    assert await origin(run) == "default"
    assert await origin(run, "--config", NAME) == f"file {NAME}"
    monkeypatch.setenv("BULK_IMPORTER_CONFIG", "")
    assert await origin(run) == f"file {NAME}"
    monkeypatch.setenv("BULK_IMPORTER_CONFIG", "nowhere.toml")
    done = await run("settings")
    assert (done.code, done.err) == (
        ExitCode.USAGE,
        "bulk-importer: The variable BULK_IMPORTER_CONFIG names nowhere.toml, and there is no such file.\n",
    )


async def test_files_beside_two_sources_are_a_question(run: Any, folder: Path) -> None:
    """Only one can count, and a person says which; one file beside both is none."""
    (folder / "more").mkdir()
    (folder / "more" / "m.json").write_text("[]")
    beside = limited(folder / "data", 9)
    other = limited(folder / "more", 9)
    done = await run("check", "data/l.json", "more/m.json")
    assert (done.code, "Say which: --config FILE" in done.err) == (ExitCode.USAGE, True)
    assert (await run("check", "data/l.json", "more/m.json", "--config", beside)).code == 0
    other.unlink()
    other.symlink_to(beside)
    assert (await run("check", "data/l.json", "more/m.json")).code == 0


async def test_a_file_that_anybody_may_write_is_passed_over(run: Any, folder: Path) -> None:
    """It says which server gets the token; the message says how it is taken all the same."""
    path = limited(folder, 9)
    path.chmod(0o666)
    done = await run("settings")
    assert (done.code, f"file {NAME}" in done.out) == (0, False)
    assert f"bulk-importer: {NAME} is passed over" in done.err
    assert await origin(run, "--config", NAME) == f"file {NAME}"


async def test_variables_that_end_no_run_are_said_where_they_were_probably_meant(
    run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service of our name in Kubernetes makes the first; the second is a slip."""
    monkeypatch.setenv("BULK_IMPORTER_PORT", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("BULK_IMPORTER_LABEL_CONFG", "none")
    done = await run("check", "data/l.json", "--label-config", "none")
    assert (done.code, "BULK_IMPORTER_PORT" in done.err) == (0, False)
    assert "BULK_IMPORTER_LABEL_CONFG is not a setting, and is ignored. Did you mean" in done.err


@pytest.mark.parametrize("name", ["overnight", "container"])
async def test_an_example_is_printed_as_it_is_kept(run: Any, name: str) -> None:
    """So that `> overnight.toml` makes the file."""
    done = await run("settings", "--example", name)
    assert (done.code, done.out) == (0, (CONFIG / f"{name}.toml").read_text())


async def test_an_unknown_example_names_those_that_there_are(run: Any) -> None:
    """And the nearest."""
    done = await run("settings", "--example", "overnigt")
    assert done.code == ExitCode.USAGE
    assert "Did you mean overnight? There are: container, overnight." in done.err


async def test_the_schema_takes_the_examples_and_refuses_what_is_no_setting(run: Any) -> None:
    """It is a schema itself, and knows every setting."""
    done = await run("settings", "--schema")
    schema = json.loads(done.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == [each.name for each in definitions()]
    holds = jsonschema.Draft202012Validator(schema).is_valid
    for path in CONFIG.glob("*.toml"):
        assert holds(tomllib.loads(path.read_text()))
    assert holds({"grace": 5, "max_errors": "5%", "strict": True, "deny": ["a"], "header": "X-A: b"})
    for wrong in (
        {"graze": 5},
        {"grace": "soon"},
        {"max_in_flight": 0},
        {"lines": "pages"},
        {"strict": "perhaps"},
    ):
        assert not holds(wrong), wrong


@pytest.mark.parametrize("each", definitions(), ids=lambda each: each.name)
def test_the_schema_takes_the_default_of_each_setting(each: Definition) -> None:
    """And a file that holds it is that default."""
    stated = settings_schema()["properties"][each.name]
    if "default" in stated:
        assert jsonschema.Draft202012Validator(stated).is_valid(stated["default"])
        assert each.read(stated["default"], "test") == each.default


@given(st.data())
def test_what_the_schema_takes_is_read(data: st.DataObject) -> None:
    """Whatever quantity a person writes: what an editor does not mark is not refused later, but for its bounds."""
    quantities = [each for each in definitions() if "anyOf" in each.kind.schema and not each.kind.repeats]
    each = data.draw(st.sampled_from(quantities))
    number = data.draw(st.one_of(st.integers(0, 10**6), st.decimals(0, 10**3, places=2)))
    unit = data.draw(st.sampled_from(["", "ms", "s", "m", "h", "d", "kB", "KiB", "GiB", "%", "x"]))
    written: Any = f"{number}{data.draw(st.sampled_from(['', ' ']))}{unit}"
    if data.draw(st.booleans()):
        written = float(number) if data.draw(st.booleans()) else int(number)
    stated = settings_schema()["properties"][each.name]
    if jsonschema.Draft202012Validator(stated).is_valid(written):
        assert refusal(each, written) in ("", "below", "above", "between", "whole number")


def refusal(each: Definition, written: Any) -> str:
    """Why it is not read, as the word that tells of a bound; all of the message where none does."""
    try:
        each.read(written, "test")
    except UsageError as error:
        words = ("below", "above", "between", "whole number")
        return next((word for word in words if word in str(error)), str(error))
    return ""


async def test_the_demo_does_not_go_by_what_is_set_for_real_imports(
    run_process: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a newcomer in a place that is set up would see it fail: no variable, and no settings file, has a say."""
    monkeypatch.setenv("BULK_IMPORTER_LIMIT", "3")
    (folder / "xdg" / "bulk-importer" / NAME).write_text("limit = 2\n")
    with alone_with("demo"):
        done = await run_process("demo", "--entries", "2000", "--folder", folder / "demo")
    assert (done.code, "All came out as it should" in done.out) == (0, True), done.err


def test_a_settings_object_that_a_program_makes_looks_for_no_file(folder: Path) -> None:
    """The library takes what it is given."""
    limited(folder, 9)
    assert Settings().max_depth == load({}, {}).settings.max_depth == 256

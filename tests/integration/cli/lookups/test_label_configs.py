"""`label-config --against` says what a project lacks, and `--create-classes` adds it and changes nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.datagym.config_change import ConfigChange
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.opening import opened_queries
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.errors import ExitCode, LabelConfigChanged
from bulk_importer.migration.configuring import extend_config
from bulk_importer.sandbox import Fault, FaultScript, Sandbox
from bulk_importer.settings import Settings


def label_class(key: str, kind: str = "POLYGON", *below: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"entryKey": key, "entryValue": key, "type": kind, "children": list(below), **more}


COLOUR = label_class("colour", "SELECT", options={"red": "Red", "blue": "Blue"})
WANTED = [label_class("car", "POLYGON", COLOUR), label_class("bus", "LINE", color="#00ff00")]
HELD = [
    label_class("car", "POLYGON", {**COLOUR, "options": {"red": "Crimson"}}, color="#ff0000"),
    label_class("sign", "POINT"),
]


@pytest.fixture
def lacking(start_sandbox: Callable[..., Any]) -> Callable[..., Any]:
    """A sandbox with the projects `a` and `b`, of which `b` lacks something; its only task is completed."""

    async def made(**config: Any) -> Sandbox:
        sandbox: Sandbox = await start_sandbox(seed=1, **config)
        await sandbox.prepare(name="a", media=1, label_config=WANTED)
        await sandbox.prepare(name="b", media=1, label_config=HELD)
        context = sandbox._context
        await context.in_transaction(lambda: context.store.execute("UPDATE task SET state = 'COMPLETED'"))
        return sandbox

    return made


async def shown(run: Any, sandbox: Sandbox, project: str, *more: str) -> Any:
    """The configuration of a project."""
    done = await run("label-config", "--server", sandbox.url, "--project", project, "--json", *more)
    return json.loads(done.out)["entries"]


async def test_what_a_project_lacks_is_told(run: Any, lacking: Any, tmp_path: Path) -> None:
    """Of another project, or of what `--json` printed of one; the code is 1, as of a comparison."""
    sandbox = await lacking()
    at = ("label-config", "--server", sandbox.url, "--project")
    done = await run(*at, "b", "--against", "a")
    assert done.code == ExitCode.REJECTIONS
    assert [line.split()[:2] for line in done.out.splitlines()[1:]] == [
        ["bus", "missing"],
        ["car/colour", "options"],
    ]
    assert "--create-classes" in done.err
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"entries": await shown(run, sandbox, "a")}))
    assert (await run(*at, "b", "--against", file)).out == done.out
    said = json.loads((await run(*at, "b", "--against", file, "--json")).out)
    assert (said["matter"], said["differences"][0]["class"]) == (2, "bus")
    assert (await run(*at, "a", "--against", file)).code == ExitCode.DELIVERED
    class_map = tmp_path / "map.toml"
    class_map.write_text('[classes]\nbus = "sign"\n[options.colour]\nblue = false\n')
    done = await run(*at, "b", "--against", "a", "--class-map", class_map)
    assert [line.split()[:2] for line in done.out.splitlines()[1:]] == [["sign", "type"]]


async def test_what_is_missing_is_added_and_all_else_stays(run: Any, lacking: Any) -> None:
    """Ids, titles and colours, and the states of tasks."""
    sandbox = await lacking()
    before = await shown(run, sandbox, "b")
    done = await run(
        *("label-config", "--server", sandbox.url, "--project", "b", "--against", "a", "--create-classes")
    )
    assert done.code == ExitCode.DELIVERED, done.err
    assert "Added: car/colour=blue" in done.err
    after = {each["entryKey"]: each for each in await shown(run, sandbox, "b")}
    assert after.keys() == {"car", "bus", "sign"}
    assert [after[each["entryKey"]]["id"] for each in before] == [each["id"] for each in before]
    assert after["car"]["children"][0]["options"] == {"red": "Crimson", "blue": "Blue"}
    assert (after["car"]["color"], after["bus"]["color"]) == ("#ff0000", "#00ff00")
    states = await sandbox._context.on_store(lambda: sandbox._context.store.rows("SELECT state FROM task"))
    assert {row["state"] for row in states} == {"COMPLETED"}


async def test_a_token_extends_nothing_and_says_the_way_out(run: Any, lacking: Any, monkeypatch: Any) -> None:
    """But where there is no class yet, it sets them."""
    sandbox = await lacking(flavour="cloud", tokens=("secret",))
    await sandbox.prepare(name="c", media=1, label_config=[])
    monkeypatch.setenv("DATAGYM_TOKEN", "secret")
    at = ("label-config", "--server", sandbox.url, "--against", "a", "--create-classes", "--project")
    done = await run(*at, "b")
    assert done.code == ExitCode.USAGE
    assert "Add what it lacks in DataGym" in done.err
    done = await run(*at, "c")
    assert (done.code, "Added: bus" in done.err) == (ExitCode.DELIVERED, True), done.err


async def test_a_refusal_changes_nothing(run: Any, lacking: Any, tmp_path: Path) -> None:
    """In the server's words."""
    sandbox = await lacking()
    file = tmp_path / "a.json"
    file.write_text(json.dumps([label_class("polygon")]))
    before = await shown(run, sandbox, "b")
    done = await run(
        *("label-config", "--server", sandbox.url, "--project", "b", "--against", file, "--create-classes")
    )
    assert done.code == ExitCode.USAGE
    assert "the server keeps this word for itself" in done.err
    assert await shown(run, sandbox, "b") == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--create-classes"], "without --against"),
        (["--against", "nowhere"], "is no file, and no project"),
        (["--against", "nowhere"], "Give an id or a name that exists"),
    ],
)
async def test_what_cannot_be_meant(run: Any, lacking: Any, arguments: list[str], text: str) -> None:
    sandbox = await lacking()
    done = await run("label-config", "--server", sandbox.url, "--project", "b", *arguments)
    assert (done.code, text in done.err) == (ExitCode.USAGE, True), done.err


async def test_another_change_in_between_is_not_overwritten(lacking: Any) -> None:
    """What was compared is not what is there any more."""
    sandbox = await lacking()
    async with opened_queries(Settings(server=sandbox.url), Token(), lambda _: None) as queries:
        catalog = Catalog(queries)
        change = ConfigChange(queries, catalog, await catalog.find_project("b"))
        compared = await change.read()
        meanwhile = [*compared, label_class("tree")]

        async def never() -> bool:
            return False

        await change.put(meanwhile, is_first=False, is_done=never)
        with pytest.raises(LabelConfigChanged, match="tree is there besides"):
            await extend_config(change, compared, WANTED)
        assert [each["entryKey"] for each in await change.read()] == ["car", "sign", "tree"]


@pytest.mark.parametrize("what", ["reset after commit", "reset before commit", 503])
async def test_a_lost_answer_adds_nothing_twice(run: Any, lacking: Any, what: int | str) -> None:
    """It is looked at what is there before it is sent once more."""
    sandbox = await lacking(
        faults=FaultScript(
            [Fault("ok", route="/api/lconfig/*", times=4), Fault(what, route="/api/lconfig/*")]
        )
    )
    done = await run(
        *("label-config", "--server", sandbox.url, "--project", "b", "--against", "a", "--create-classes")
    )
    assert done.code == ExitCode.DELIVERED, done.err
    assert sorted(each["entryKey"] for each in await shown(run, sandbox, "b")) == ["bus", "car", "sign"]
    puts = [each.fault for each in sandbox.requests if each.method == "PUT"]
    assert puts == ([str(what)] if what == "reset after commit" else [str(what), ""])

"""A person finds ids, names and classes without opening a browser, and is told what exists where something does not."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.request import Request, urlopen

import pytest

from bulk_importer.errors import ExitCode
from bulk_importer.labels.label_config import read_label_config

CLOUD: dict[str, Any] = {"flavour": "cloud", "tokens": ["secret-1"], "seed": 1}
OPEN_CORE: dict[str, Any] = {"flavour": "open-core", "seed": 1}


@pytest.fixture(params=[CLOUD, OPEN_CORE], ids=["token routes", "open-core routes"])
async def server(
    request: pytest.FixtureRequest, start_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run: Any
) -> Any:
    """A sandbox of each kind with a project `traffic` of three media; the token, where one is needed, is there."""
    sandbox = await start_sandbox(**request.param)
    monkeypatch.setenv("BULK_IMPORTER_SERVER", sandbox.url)
    for token in request.param.get("tokens", ()):
        monkeypatch.setenv("DATAGYM_TOKEN", token)
    sandbox.project = await sandbox.prepare(name="traffic", media=3)
    return sandbox


async def test_projects_and_datasets_are_listed_with_their_ids(server: Any, run: Any) -> None:
    """As JSON for programs; the ids are those that other commands take."""
    (project,) = json.loads((await run("projects", "--json")).out)
    assert (project["id"], project["name"], project["media"]) == (server.project.id, "traffic", 3)
    (dataset,) = json.loads((await run("datasets", "--json")).out)
    assert (dataset["id"], dataset["media"]) == (server.project.dataset_id, 3)
    assert json.loads((await run("datasets", "--project", "traffic", "--json")).out) == [dataset]


async def test_media_are_listed_by_project_and_by_dataset(server: Any, run: Any) -> None:
    """In the order of their names."""
    rows = json.loads((await run("media", "--project", "traffic", "--json")).out)
    assert [row["id"] for row in rows] == list(server.project.media_ids)
    assert [row["name"] for row in rows] == ["img000000.jpg", "img000001.jpg", "img000002.jpg"]
    assert {(row["state"], row["importable"], row["has_upload"]) for row in rows} == {
        ("BACKLOG", True, False)
    }
    of_dataset = json.loads((await run("media", "--dataset", "traffic", "--json")).out)
    assert [row["id"] for row in of_dataset] == list(server.project.media_ids)


async def test_the_label_configuration_can_be_kept_as_a_file(server: Any, run: Any) -> None:
    """What is printed is read back as the same configuration, with parents and options."""
    config = read_label_config(json.loads((await run("label-config", "--project", "traffic", "--json")).out))
    assert not config.flat
    keys = {"/".join((*above, each.key)) for above, each in config.all_classes()}
    assert {"car", "car/car_type", "weather/daytime", "poi"} <= keys
    table = (await run("label-config", "--project", "traffic")).out
    assert "car/car_type" in table
    assert "suv" in table


async def test_comma_separated_values_have_a_head_line(server: Any, run: Any) -> None:
    """And as many rows as there are media."""
    rows = list(csv.DictReader(io.StringIO((await run("media", "--project", "traffic", "--csv")).out)))
    assert [row["id"] for row in rows] == list(server.project.media_ids)
    assert rows[0]["importable"] == "true"


async def test_a_table_cuts_no_id(server: Any, run: Any) -> None:
    """However narrow the terminal is."""
    table = (await run("media", "--project", "traffic")).out
    assert all(media_id in table for media_id in server.project.media_ids)


@pytest.mark.parametrize(
    "form", ["{id}", "traffic", "{url}/projects/details/{id}", "https://x/#/p/{id}/tasks"]
)
async def test_a_project_is_named_by_id_name_or_the_url_of_its_page(server: Any, run: Any, form: str) -> None:
    """Whatever a person has at hand."""
    wanted = form.format(id=server.project.id, url=server.url)
    done = await run("media", "--project", wanted, "--json")
    assert (done.code, len(json.loads(done.out))) == (0, 3)


async def test_an_unknown_name_is_told_what_exists(server: Any, run: Any) -> None:
    """The nearest name first."""
    for number in range(12):
        await server.prepare(name=f"other {number}", media=0)
    done = await run("media", "--project", "trafic")
    assert done.code == ExitCode.SERVER
    assert f"It has: traffic ({server.project.id}), other 0" in done.err
    assert "and 3 more" in done.err
    done = await run("media", "--dataset", "trafic")
    assert (done.code, f"traffic ({server.project.dataset_id})" in done.err) == (ExitCode.USAGE, True)


async def test_an_ambiguous_name_is_told_the_ids(start_sandbox: Any, run: Any) -> None:
    """Names are unique within an organisation, and a person may see several."""
    sandbox = await start_sandbox(seed=1)
    ids = [(await sandbox.prepare(name="twin", media=1, owner=owner)).id for owner in ("a", "b")]
    done = await run("media", "--server", sandbox.url, "--project", "twin")
    assert done.code == ExitCode.SERVER
    assert all(project_id in done.err for project_id in ids)
    assert "several projects of the name 'twin'" in done.err


@pytest.mark.parametrize("token", [None, "wrong-token"])
async def test_a_missing_or_wrong_token_is_told_where_one_is_made(
    start_sandbox: Any, run: Any, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    """And the wrong one is not repeated."""
    sandbox = await start_sandbox(**CLOUD)
    if token:
        monkeypatch.setenv("DATAGYM_TOKEN", token)
    done = await run("projects", "--server", sandbox.url)
    assert done.code == ExitCode.SERVER
    assert "a token is made in the web application" in done.err
    assert "DATAGYM_TOKEN" in done.err
    assert "wrong-token" not in done.err


async def test_media_in_every_state_of_work_are_listed(start_sandbox: Any, run: Any) -> None:
    """By token a list without a state holds the waiting ones alone."""
    sandbox = await start_sandbox(seed=1)
    await sandbox.prepare(name="p", media=4)
    arguments = ["--server", sandbox.url, "--project", "p"]
    rows = json.loads((await run("media", *arguments, "--json")).out)
    await _put(f"{sandbox.url}/api/task/{rows[0]['task_id']}/skipTask")
    await _put(f"{sandbox.url}/api/task/{rows[1]['task_id']}/toWaiting")
    await _put(f"{sandbox.url}/api/task/{rows[2]['task_id']}/activateBenchmark")
    again = json.loads((await run("media", *arguments, "--json")).out)
    assert [(row["state"], row["importable"]) for row in again] == [
        ("SKIPPED", True),
        ("WAITING", True),
        ("IN_PROGRESS", False),
        ("BACKLOG", True),
    ]


async def _put(url: str) -> None:
    import asyncio

    def send() -> None:
        with urlopen(Request(url, data=b"{}", method="PUT"), timeout=60) as answer:
            answer.read()

    await asyncio.to_thread(send)


async def test_what_is_no_datagym_is_told_so(start_sandbox: Any, run: Any) -> None:
    """Its start page is HTML, and its lists are not there."""
    sandbox = await start_sandbox(seed=1)
    done = await run("projects", "--server", f"{sandbox.url}/somewhere")
    assert done.code == ExitCode.SERVER
    assert "Check the URL" in done.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["projects"], "--server URL"),
        (["label-config", "--server", "http://h"], "'bulk-importer projects --server http://h' lists them"),
        (["media", "--server", "http://h"], "--dataset ID_OR_NAME"),
        (["media", "--server", "http://h", "--json", "--csv"], "not allowed with"),
    ],
)
async def test_what_is_missing_is_asked_for(run: Any, arguments: list[str], sentence: str) -> None:
    """Before anything is sent."""
    done = await run(*arguments)
    assert (done.code, sentence in done.err) == (ExitCode.USAGE, True), done.err

"""Lists, tasks and configurations, beyond the recorded answers: states, search, limits, validation, side effects."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest

from bulk_importer.sandbox import Prepared, Sandbox

StartSandbox = Callable[..., Coroutine[Any, Any, Sandbox]]

_TOKEN = "a-token"
_LATER = {"lastChangedConfig": 10**15}


class Client:
    """Asks one sandbox."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self._url = sandbox.url
        self._session = session

    async def ask(
        self, method: str, path: str, body: object = None, *, token: bool = False
    ) -> tuple[int, Any]:
        """Status and JSON."""
        headers = {"Authorization": f"Token {_TOKEN}"} if token else {}
        data = None if body is None else json.dumps(body)
        async with self._session.request(method, self._url + path, data=data, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def get(self, path: str, *, token: bool = False) -> Any:
        """The JSON of a GET that succeeds."""
        status, answer = await self.ask("GET", path, token=token)
        assert status == 200, answer
        return answer


@pytest.fixture
async def client(start_sandbox: StartSandbox) -> Any:
    """A client of a sandbox that knows a token."""
    sandbox = await start_sandbox(tokens=[_TOKEN], seed=1)
    async with aiohttp.ClientSession() as session:
        made = Client(sandbox, session)
        made.sandbox = sandbox  # type: ignore[attr-defined]  # the tests prepare projects in it
        yield made


def _root(key: str, kind: str, **more: object) -> dict[str, object]:
    return {"entryKey": key, "entryValue": key, "type": kind, **more}


async def _prepared(client: Any, media: int = 3, **more: Any) -> tuple[Prepared, list[str]]:
    project: Prepared = await client.sandbox.prepare(media=media, **more)
    tasks = await client.get(f"/api/project/{project.id}/task")
    return project, [task["taskId"] for task in tasks]


async def _upload(client: Any, project: Prepared, index: int, **entry: object) -> None:
    body = [{"internal_media_ID": project.media_ids[index], **entry}]
    answer = await client.ask("POST", f"/api/v1/project/{project.id}/prediction", body)
    assert answer == (200, {"errorMessages": ""})


async def test_a_token_without_a_state_lists_what_waits(client: Any) -> None:
    project, tasks = await _prepared(client)
    path = f"/api/v1/task/{project.id}/list"
    assert await client.get(path, token=True) == await client.get(path) == []
    status, moved = await client.ask("PUT", f"/api/task/{tasks[1]}/toWaiting")
    assert (status, moved["labelTaskState"]) == (200, "WAITING")
    assert [task["taskId"] for task in await client.get(path, token=True)] == [tasks[1]]
    assert len(await client.get(f"{path}?state=BACKLOG", token=True)) == 2
    assert len(await client.get(f"/api/project/{project.id}/task")) == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("limit=2", 2),
        ("limit=0", 12),
        ("search=img", 12),
        ("search=IMG00001", 2),
        ("search=000003", 12),
        ("search=im", 12),
        ("search=img000003 img", 1),
        ("search=nobody", 0),
        ("search=im_00_003", 1),
        ("search=-12", 12),
        ("search=img000003.jpg", 1),
        ("state=COMPLETED", 0),
        ("state=BACKLOG&limit=5&search=img", 5),
    ],
)
async def test_lists_are_searched_and_cut_as_the_server_does(client: Any, query: str, found: int) -> None:
    project, _ = await _prepared(client, media=12)
    tasks = await client.get(f"/api/project/{project.id}/task?{query}")
    names = [task["mediaName"] for task in tasks]
    assert len(names) == found
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/task/{}/list?search=a.b", 400),
        ("/api/v1/task/{}/list?state=nope", 400),
        ("/api/v1/task/{}/list?limit=-1", 400),
        ("/api/project/{}/task?search=a.b", 200),
        ("/api/project/{}/task?search=a%25b", 400),
    ],
)
async def test_what_a_list_cannot_be_asked_is_a_bad_request_without_a_body(
    client: Any, path: str, status: int
) -> None:
    project, _ = await _prepared(client)
    answer = await client.ask("GET", path.format(project.id))
    assert answer[0] == status
    assert (answer[1] is None) is (status == 400)


async def test_a_task_is_completed_only_when_everything_required_is_there(client: Any) -> None:
    project, tasks = await _prepared(client)
    await _upload(client, project, 0)
    route = f"/api/task/{tasks[0]}/completeTask"
    status, refused = await client.ask("PUT", route, _LATER)
    assert (status, refused["key"], refused["params"][0]) == (500, "ex_gen_entry_value_validation", "SELECT")
    labels = await client.get(f"/api/lcvalues/{project.iteration_id}/{project.media_ids[0]}/{tasks[0]}")
    weather = next(value for value in labels["entryValues"] if value["entryKeyLcEntry"] == "weather")
    assert refused["params"][1] == weather["id"]
    await _upload(client, project, 0, global_classifications={"weather": ["sunny"]})
    assert await client.ask("PUT", route, _LATER) == (
        200,
        {"hasLabelConfigChanged": False, "currentTaskId": tasks[0]},
    )
    completed = await client.get(f"/api/task/{tasks[0]}")
    assert completed["labelTaskState"] == "COMPLETED"
    assert completed["labelConfig"]["numberOfCompletedTasks"] == 1
    assert all(value["valid"] for value in completed["labelIteration"]["entryValues"])
    assert (await client.get(f"/api/project/{project.id}"))["exportable"] is True


async def test_a_task_is_not_completed_by_who_read_an_older_configuration(client: Any) -> None:
    _, tasks = await _prepared(client)
    answer = await client.ask("PUT", f"/api/v1/task/{tasks[0]}/completeTask", {"lastChangedConfig": 1})
    assert answer == (200, {"hasLabelConfigChanged": True, "currentTaskId": tasks[0]})
    assert (await client.get(f"/api/task/{tasks[0]}"))["labelTaskState"] == "BACKLOG"
    assert (await client.ask("PUT", f"/api/v1/task/{tasks[0]}/completeTask", {}))[0] == 400


async def test_any_state_can_be_skipped_and_labelled_and_stays_what_it_was(client: Any) -> None:
    project, tasks = await _prepared(client)
    assert await client.ask("PUT", f"/api/v1/task/{tasks[0]}/skipTask") == (200, None)
    await _upload(client, project, 0, labels={"mask": [{}]})
    task = (await client.get(f"/api/project/{project.id}/task?state=SKIPPED"))[0]
    assert (task["taskId"], task["hasJsonUpload"]) == (tasks[0], True)
    status, refused = await client.ask("PUT", f"/api/task/{tasks[0]}/toWaiting")
    assert (status, refused["key"], refused["params"]) == (500, "ex_gen_wrong_label_task_state", [tasks[0]])


async def test_a_benchmark_master_takes_no_upload(client: Any) -> None:
    project, tasks = await _prepared(client)
    await client.ask("PUT", f"/api/task/{tasks[0]}/activateBenchmark")
    body = [{"internal_media_ID": project.media_ids[0]}]
    status, refused = await client.ask("POST", f"/api/v1/project/{project.id}/prediction", body)
    assert (status, refused["key"]) == (500, "ex_gen_json_upload_not_found_task")
    master = next(t for t in await client.get(f"/api/project/{project.id}/task") if t["taskId"] == tasks[0])
    assert (master["labelTaskType"], master["benchmark"]) == ("BENCHMARK_MASTER", True)


async def test_reading_a_task_writes_what_is_missing_and_reading_labels_does_not(client: Any) -> None:
    project, tasks = await _prepared(client)
    labels = f"/api/lcvalues/{project.iteration_id}/{project.media_ids[0]}/{tasks[0]}"
    assert (await client.get(labels))["entryValues"] == []
    assert len((await client.get(f"/api/v1/task/{tasks[0]}"))["labelIteration"]["entryValues"]) == 3
    assert len((await client.get(labels))["entryValues"]) == 3
    assert not any(task["hasJsonUpload"] for task in await client.get(f"/api/project/{project.id}/task"))


async def test_a_configuration_that_grows_sends_finished_tasks_back_and_judges_anew(client: Any) -> None:
    project, tasks = await _prepared(client)
    await _upload(client, project, 0, global_classifications={"weather": ["sunny"], "note": ["long note"]})
    await client.ask("PUT", f"/api/task/{tasks[0]}/completeTask", _LATER)
    before = await client.get(f"/api/task/{tasks[0]}")
    roots = before["labelConfig"]["entries"]
    note = next(root for root in roots if root["entryKey"] == "note")
    note["maxLength"] = 4
    status, _ = await client.ask("PUT", f"/api/lconfig/{project.config_id}", roots)
    assert status == 200
    judged = await client.get(f"/api/task/{tasks[0]}")
    assert judged["labelTaskState"] == "COMPLETED"
    assert judged["lastChangedConfig"] == before["lastChangedConfig"]
    assert [v["valid"] for v in judged["labelIteration"]["entryValues"] if v["lcEntryId"] == note["id"]] == [
        False
    ]
    new = {"entryKey": "Tree", "entryValue": "tree", "type": "POINT", "children": []}
    kept = [root for root in roots if root["entryKey"] != "weather"]
    status, config = await client.ask("PUT", f"/api/lconfig/{project.config_id}", [*kept, new])
    assert status == 200
    assert {"tree"} == {root["entryKey"] for root in config["entries"]} - {root["entryKey"] for root in kept}
    grown = await client.get(f"/api/task/{tasks[0]}")
    assert grown["labelTaskState"] == "WAITING_CHANGED"
    assert grown["lastChangedConfig"] > before["lastChangedConfig"]
    assert "weather" not in {value["entryKeyLcEntry"] for value in grown["labelIteration"]["entryValues"]}


@pytest.mark.parametrize(
    ("roots", "status", "key"),
    [
        ([_root("a", "NONE")], 500, "ex_gen_entry_type_not_found"),
        ([_root("polygon", "POLYGON")], 500, "ex_gen_forbidden_keyword"),
        ([_root("a", "FREETEXT")], 500, "ex_gen_entry_classification_incorrect"),
        ([_root("a", "POINT"), _root("a", "LINE")], 409, "ex_alreadyexists"),
        ([_root("a", "SELECT", children=[_root("b", "POINT")])], 500, "ex_gen_geometry_definition_incorrect"),
        ([_root("a", "POINT", id="unknown")], 404, "ex_notfound"),
        ([_root("a/b", "POINT")], 400, None),
        ([_root("a", "FREETEXT", maxLength=256)], 400, None),
        ([{"entryKey": "a", "type": "POINT"}], 400, None),
        ([{"type": "POINT"}], 400, None),
        ({"entryKey": "a"}, 400, None),
    ],
)
async def test_a_configuration_that_cannot_be_is_refused_and_changes_nothing(
    client: Any, roots: object, status: int, key: str | None
) -> None:
    project, _ = await _prepared(client)
    before = await client.get(f"/api/lconfig/{project.config_id}")
    refused = await client.ask("PUT", f"/api/lconfig/{project.config_id}", roots)
    assert refused[0] == status
    assert (refused[1] or {}).get("key") == key
    assert await client.get(f"/api/lconfig/{project.config_id}") == before


async def test_roots_that_differ_in_case_only_become_equal_and_break_uploads(client: Any) -> None:
    roots = [{"entryKey": key, "entryValue": key, "type": "POINT"} for key in ("car", "Car")]
    project, _ = await _prepared(client, label_config=roots)
    body = [{"internal_media_ID": project.media_ids[0], "labels": {"car": []}}]
    status, refused = await client.ask("POST", f"/api/v1/project/{project.id}/prediction", body)
    assert (status, refused["key"]) == (500, "ex_system")


async def test_media_come_from_urls_once_each_and_reach_connected_projects(client: Any) -> None:
    project, _ = await _prepared(client)
    urls = [
        "http://a.invalid/x/one.png?size=2",
        "http://a.invalid/x/ONE.png?size=2",
        "http://a.invalid/t.txt",
        "no url",
    ]
    status, added = await client.ask("POST", f"/api/dataset/{project.dataset_id}/url", urls)
    told = {one["imageUrl"]: one["mediaUploadStatus"] for one in added}
    assert status == 200
    assert told == {
        urls[0]: "UNSUPPORTED_MIME_TYPE",
        urls[1]: "UNSUPPORTED_MIME_TYPE",
        urls[2]: "UNSUPPORTED_MIME_TYPE",
        "no url": "FAILED",
    }
    _, added = await client.ask(
        "POST", f"/api/dataset/{project.dataset_id}/url", ["http://a.invalid/x/one.png"] * 2
    )
    assert [(one["mediaUploadStatus"], one["external_media_ID"]) for one in added] == [("SUCCESS", "one.png")]
    names = [task["mediaName"] for task in await client.get(f"/api/project/{project.id}/task")]
    assert names == ["img000000.jpg", "img000001.jpg", "img000002.jpg", "one.png"]


async def test_deleted_projects_take_labels_and_show_nothing(client: Any) -> None:
    project, _ = await _prepared(client)
    assert (await client.ask("DELETE", f"/api/project/{project.id}"))[0] == 200
    assert (await client.ask("GET", f"/api/project/{project.id}"))[0] == 404
    assert await client.get("/api/v1/project", token=True) == []
    await _upload(client, project, 0, labels={"mask": [{}]})
    await client.ask("DELETE", f"/api/project/{project.id}/restore")
    assert (await client.get(f"/api/project/{project.id}"))["deleted"] is False


async def test_deleted_media_are_left_out_of_lists_and_still_take_labels(client: Any) -> None:
    project, _ = await _prepared(client)
    await client.ask("DELETE", f"/api/v1/media/{project.media_ids[0]}", token=True)
    assert len(await client.get(f"/api/project/{project.id}/task")) == 2
    assert len((await client.get(f"/api/v1/dataset/{project.dataset_id}", token=True))["media"]) == 2
    await _upload(client, project, 0, labels={"mask": [{}]})


async def test_an_export_holds_nothing_where_nothing_is_finished_and_nulls_where_numbers_are_missing(
    client: Any,
) -> None:
    project, tasks = await _prepared(client)
    path = f"/api/v1/export/{project.id}"
    await _upload(
        client,
        project,
        0,
        labels={"bus": [{"point": [{"x": 1.9, "y": 2.9}]}], "poi": [{"point": [{"x": 1e300, "y": 0.99}]}]},
    )
    assert await client.get(path, token=True) == []
    await client.ask("PUT", f"/api/task/{tasks[0]}/skipTask")
    _, task = await client.get(path, token=True)
    assert task["labels"]["bus"][0]["rectangle"] == [{"x": None, "y": None, "w": None, "h": None}]
    assert task["labels"]["poi"][0]["point"] == [{"x": 2**31 - 1, "y": 0}]
    assert (task["status"], task["labeler"]) == ("skipped", None)


async def test_a_head_request_answers_as_a_get_without_its_body(client: Any) -> None:
    project, _ = await _prepared(client)
    for path in (
        "/api/v1/project",
        f"/api/project/{project.id}/task",
        f"/api/v1/dataset/{project.dataset_id}",
    ):
        assert await client.ask("HEAD", path) == (200, None)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/project/nope", ["Project", "id", "nope"]),
        ("/api/lconfig/nope", ["Label Configuration", "id", "nope"]),
        ("/api/task/nope", ["Label Task", "id", "nope"]),
        ("/api/lcvalues/nope/nope/nope", ["Label Iteration", "id", "nope"]),
        ("/api/v1/export/nope", ["Project", "id", "nope"]),
        ("/api/v1/media/nope", ["media", "id", "nope"]),
    ],
)
async def test_what_is_not_there_is_named(client: Any, path: str, params: list[str]) -> None:
    status, refused = await client.ask("GET", path)
    assert (status, refused["key"], refused["params"]) == (404, "ex_notfound", params)


async def test_a_name_that_is_taken_or_strange_is_a_bad_request(client: Any) -> None:
    await _prepared(client)
    for name in ("sandbox", "no/slash", "", "x" * 129, None):
        body = {
            "name": name,
            "owner": "open-core-dummy-org-sub",
            "mediaType": "IMAGE",
            "shortDescription": "x",
        }
        assert (await client.ask("POST", "/api/project", body))[0] == 400
    assert (await client.ask("POST", "/api/project", {"name": "fine", "owner": "o"}))[0] == 400


async def test_a_video_task_of_an_image_project_has_no_export(client: Any) -> None:
    _, tasks = await _prepared(client)
    status, refused = await client.ask("GET", f"/api/v1/exportVideoTask/{tasks[0]}")
    assert (status, refused["key"]) == (500, "ex_gen_invalid_project_mediatype")


async def test_single_values_are_made_changed_and_deleted_without_being_judged(client: Any) -> None:
    """What a labeler does while an import goes on."""
    project, tasks = await _prepared(client)
    config = await client.get(f"/api/lconfig/{project.config_id}")
    ids = {one["entryKey"]: one["id"] for one in config["entries"]}
    body = {"lcEntryId": ids["bus"], "labelTaskId": tasks[0], "lcEntryValueParentId": None}
    status, made = await client.ask("POST", f"/api/v1/lcValue/{ids['bus']}", body)
    assert (status, made["valid"], made["width"]) == (200, False, None)
    change = {
        "id": made["id"],
        "lcEntryId": ids["bus"],
        "labelTaskId": tasks[0],
        "valid": True,
        "x": 1,
        "y": 2,
    }
    _, changed = await client.ask("PUT", f"/api/lcvalues/{made['id']}", change | {"width": 3, "height": None})
    assert (changed["point"], changed["width"], changed["height"], changed["valid"]) == (
        {"id": made["id"], "x": 1.0, "y": 2.0},
        3.0,
        None,
        True,
    )
    assert (await client.ask("DELETE", f"/api/v1/lcValue/{made['id']}"))[0] == 200
    status, refused = await client.ask("DELETE", f"/api/v1/lcValue/{made['id']}")
    assert (status, refused["params"]) == (404, ["Label Entry Value", "id", made["id"]])


async def test_a_classification_is_changed_in_its_place_and_cannot_be_deleted(client: Any) -> None:
    project, tasks = await _prepared(client)
    await _upload(client, project, 0)
    path = f"/api/lcvalues/{project.iteration_id}/{project.media_ids[0]}/{tasks[0]}"
    weather = next(v for v in (await client.get(path))["entryValues"] if v["entryKeyLcEntry"] == "weather")
    wind = next(v for v in weather["children"] if v["entryKeyLcEntry"] == "wind")
    change = {"id": wind["id"], "lcEntryId": wind["lcEntryId"], "labelTaskId": tasks[0], "selectKey": "calm"}
    status, _ = await client.ask(
        "PUT", f"/api/lcvalues/{wind['id']}", change | {"lcEntryValueParentId": weather["id"]}
    )
    assert status == 200
    labels = (await client.sandbox.labels(project.id))[project.media_ids[0]]
    held = next(value for value in labels if value["k"] == "weather")
    assert {"k": "wind", "t": "SELECT", "valid": False, "v": "calm", "c": []} in held["c"]
    status, refused = await client.ask("DELETE", f"/api/lcvalues/{wind['id']}")
    assert (status, refused["key"]) == (500, "ex_gen_entry_value_delete")
    await client.ask("PUT", f"/api/lcvalues/{wind['id']}", change)
    labels = (await client.sandbox.labels(project.id))[project.media_ids[0]]
    assert {value["k"] for value in labels} == {"weather", "tags", "note", "wind"}


async def test_a_video_project_takes_labels_that_it_can_neither_complete_nor_export(client: Any) -> None:
    project, tasks = await _prepared(client, media_type="VIDEO")
    await _upload(client, project, 0, global_classifications={"weather": ["sunny"]}, labels={"mask": [{}]})
    status, refused = await client.ask("PUT", f"/api/task/{tasks[0]}/completeTask", _LATER)
    assert (status, refused["key"]) == (500, "ex_gen_entry_value_validation")
    assert (await client.ask("PUT", f"/api/task/{tasks[1]}/completeTask", _LATER))[0] == 200
    _, task = await client.get(f"/api/v1/export/{project.id}", token=True)
    assert task.keys() == {"internal_media_ID", "external_media_ID", "labeler", "status", "task_export_url"}
    assert await client.get(f"/api/v1/exportVideoTask/{tasks[0]}") == {"frames": {}, "object": {}}


async def test_a_deleted_dataset_takes_its_media_out_of_sight(client: Any) -> None:
    project, _ = await _prepared(client)
    assert (await client.ask("DELETE", f"/api/dataset/{project.dataset_id}"))[1]["deleted"] is True
    assert (await client.get("/api/v1/project", token=True))[0]["datasets"] == []
    assert (await client.get(f"/api/project/{project.id}"))["datasets"][0]["deleted"] is True
    assert (await client.ask("GET", f"/api/v1/dataset/{project.dataset_id}"))[0] == 404
    assert await client.get(f"/api/project/{project.id}/task") == []

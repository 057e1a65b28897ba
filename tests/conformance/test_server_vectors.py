"""A server answers as the recorded one did, and holds the same labels afterwards."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

_VECTORS = Path(__file__).parent.parent / "vectors"
_SEMANTICS: dict[str, Any] = json.loads((_VECTORS / "semantics.json").read_text("utf-8"))
_SCHEMA: list[dict[str, Any]] = json.loads((_VECTORS / "schema.json").read_text("utf-8"))
_READS: dict[str, Any] = json.loads((_VECTORS / "reads.json").read_text("utf-8"))
_EXPORT: list[dict[str, Any]] = json.loads((_VECTORS / "export.json").read_text("utf-8"))
_CONFIG: list[dict[str, Any]] = _SEMANTICS["label_config"]
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


# ------------------------------------------------------------------------------------------------ uploads


@pytest.mark.vector("semantics.json")
@pytest.mark.parametrize("name", _SEMANTICS["cases"])
def test_uploads_are_answered_and_stored_as_recorded(server: Any, name: str) -> None:
    """Every answer of a case, and what each media holds afterwards."""
    case = _SEMANTICS["cases"][name]
    project = server.project(_CONFIG)
    for request, expected in zip(case["requests"], case["answers"], strict=True):
        text = request if isinstance(request, str) else json.dumps(request)
        for index, media_id in enumerate(project.media_ids):
            text = text.replace(f"${index}", media_id).replace(f"^{index}", media_id.upper())
        status, answer = project.upload(text.encode("utf-8", "surrogatepass"))
        assert (status, {key: answer.get(key) for key in expected["body"]}) == (expected["status"], expected["body"])
    for medium, labels in case["labels"].items():
        assert project.labels(int(medium[1:])) == labels


@pytest.fixture(scope="module")
def strangers(server: Any) -> Any:
    """A project that knows none of the media of the schema vectors."""
    return server.project([], media=1)


@pytest.mark.vector("schema.json")
@pytest.mark.parametrize("number", range(len(_SCHEMA)))
def test_bodies_are_judged_as_recorded(strangers: Any, number: int) -> None:
    """The whole text; messages inside a block are a set, for the recorded server keeps them in one."""
    vector = _SCHEMA[number]
    status, answer = strangers.upload(vector["body"].encode())
    assert status == vector["status"]
    assert _as_sets({key: answer.get(key) for key in vector["answer"]}) == _as_sets(vector["answer"])


def _as_sets(answer: dict[str, Any]) -> dict[str, Any]:
    text = answer.get("errorMessages")
    if not isinstance(text, str) or not text.startswith("Schema"):
        return answer
    head, *blocks = text.split("\n\n")
    return {"head": head, "blocks": [(block.split("\n")[0], set(block.split("\n")[1:])) for block in blocks]}


# -------------------------------------------------------------------------------------------------- reads


def _car() -> dict[str, Any]:
    return {
        "polygon": [{"x": 1.5, "y": 2}, {"x": 3, "y": 4}, {"x": 5, "y": 6}],
        "classifications": {"car_type": ["suv"]},
        "nested_geometries": {"wheel": [{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}]},
    }


@pytest.fixture(scope="module")
def sample(server: Any) -> Any:
    """The project of the recorded reads: three media, one import for the first."""
    project = server.project(_CONFIG)
    entry = {
        "internal_media_ID": project.media_ids[0],
        "global_classifications": {"weather": ["sunny", {"daytime": ["day"]}], "tags": ["urban"]},
        "labels": {
            "car": [_car()],
            "bus": [{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}],
            "poi": [{"point": [{"x": 1.5, "y": 2}]}],
        },
    }
    assert project.upload(json.dumps([entry]).encode()) == (200, {"errorMessages": ""})
    return project


@pytest.mark.vector("reads.json")
@pytest.mark.parametrize("path", _READS["answers"])
def test_reads_have_the_recorded_shape(server: Any, sample: Any, path: str) -> None:
    """Keys, nulls and values; ids and times are replaced, arrays that are sets are compared as sets."""
    expected = _READS["answers"][path]
    ours = {
        _READS["project"]: sample.id,
        _READS["dataset"]: sample.dataset_id,
        _READS["config"]: sample.config_id,
        _READS["iteration"]: sample.iteration_id,
        _READS["task"]: sample.task_ids[0],
    } | dict(zip(_READS["media"], sample.media_ids, strict=True))
    asked = path
    for theirs, here in ours.items():
        asked = asked.replace(theirs, here)
    status, answer = server.request("GET", asked)
    if status in (401, 403) and not server.is_sandbox:
        pytest.skip("this server does not open its token routes")
    assert status == expected["status"]
    body = json.loads(answer) if answer else ""
    if path == "/api/v1/project":
        body = [project for project in body if project["id"] == sample.id]
    names = {here: theirs for theirs, here in ours.items()} | {sample.name: "sample"}
    assert _shape(body, names) == _shape(expected["body"], {})


def _shape(value: Any, names: dict[str, str]) -> Any:
    """Arrays sorted, times and ids that are nobody's replaced; what is in `names` by what it is called there."""
    if isinstance(value, dict):
        unstable = ("timestamp", "lastChangedConfig")
        return {key: "time" if key in unstable else _shape(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return sorted((_shape(one, names) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(value, str):
        value = names.get(value, value)
        known = set(_READS["media"]) | {_READS[key] for key in ("project", "dataset", "config", "iteration", "task")}
        return "id" if _UUID.fullmatch(value) and value not in known else value
    return value


# ------------------------------------------------------------------------------------------------- export


@pytest.mark.vector("export.json")
def test_an_export_says_what_the_recorded_one_says(server: Any) -> None:
    """Two completed tasks and a skipped one: the list of classes, cut coordinates, every child of a class."""
    project = server.project(_CONFIG, media=4)
    full = {
        "internal_media_ID": project.media_ids[0],
        "global_classifications": {
            "weather": ["sunny", {"daytime": ["day"]}],
            "tags": ["urban", "rural"],
            "note": ["x"],
        },
        "labels": {
            "bus": [{"rectangle": [{"x": 1.9, "y": 2, "w": 3, "h": 4}]}],
            "car": [
                {
                    "polygon": [{"x": 1.5, "y": 2}, {"x": 3, "y": 4}, {"x": 5, "y": 6}],
                    "classifications": {"car_type": ["suv"], "flags": ["taxi"]},
                    "nested_geometries": {
                        "wheel": [
                            {
                                "rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}],
                                "classifications": {"flat": ["yes"]},
                            }
                        ]
                    },
                }
            ],
            "street": [{"line": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}],
            "poi": [{"point": [{"x": 1, "y": 2}]}],
        },
    }
    rain = {"internal_media_ID": project.media_ids[1], "global_classifications": {"weather": ["rain"]}}
    assert project.upload(json.dumps([full, rain]).encode()) == (200, {"errorMessages": ""})
    changed = 10**15
    for index in (0, 1):
        completed = server.ask("PUT", f"/api/task/{project.task_ids[index]}/completeTask", {"lastChangedConfig": changed})
        assert completed == {"hasLabelConfigChanged": False, "currentTaskId": project.task_ids[index]}
    server.ask("PUT", f"/api/task/{project.task_ids[3]}/skipTask", {})
    exported = server.ask("GET", f"/api/project/{project.id}/export")
    assert exported[0].keys() == {"label_classes"}
    assert [one["class_name"] for one in exported[0]["label_classes"]][:4] == ["poi", "street", "car", "mask"]
    assert _shape(exported, {}) == _shape(_EXPORT, {})

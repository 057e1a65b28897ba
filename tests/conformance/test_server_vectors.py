"""A server answers as the recorded one did, and holds the same labels afterwards.

    pytest tests/conformance                                    the sandbox
    pytest tests/conformance --server http://localhost:8080     a real one; open-core routes, no token

At the end stands how many of the recorded answers each file matched.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.places import VECTORS

_SEMANTICS: dict[str, Any] = json.loads((VECTORS / "semantics.json").read_text("utf-8"))
_SCHEMA: dict[str, list[dict[str, Any]]] = {
    name: json.loads((VECTORS / name).read_text("utf-8")) for name in ("schema.json", "schema-more.json")
}
_READS: dict[str, Any] = json.loads((VECTORS / "reads.json").read_text("utf-8"))
_EXPORT: list[dict[str, Any]] = json.loads((VECTORS / "export.json").read_text("utf-8"))
_CONFIG: list[dict[str, Any]] = _SEMANTICS["label_config"]
_KNOWN_IDS: set[str] = {
    *_READS["media"],
    *(_READS[key] for key in ("project", "dataset", "config", "iteration", "task")),
}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


_OWNER = "open-core-dummy-org-sub"


class Project:
    """A project of the server, with a few media."""

    def __init__(self, server: Server, roots: list[dict[str, Any]], media: int) -> None:
        self.server = server
        self.name = f"conformance {secrets.token_hex(6)}"
        described = {"owner": _OWNER, "name": self.name, "shortDescription": "x", "mediaType": "IMAGE"}
        project = server.ask("POST", "/api/project", {**described, "description": "x"})
        self.id, self.config_id = project["id"], project["labelConfigurationId"]
        self.iteration_id = project["labelIterationId"]
        self.dataset_id = server.ask("POST", "/api/dataset", described)["id"]
        urls = [f"http://x.invalid/img{number:06}.jpg" for number in range(media)]
        server.ask("POST", f"/api/dataset/{self.dataset_id}/url", urls)
        server.ask("POST", f"/api/project/{self.id}/dataset/{self.dataset_id}", {})
        server.ask("PUT", f"/api/lconfig/{self.config_id}", roots)
        tasks = sorted(
            server.ask("GET", f"/api/project/{self.id}/task"), key=lambda task: str(task["mediaName"])
        )
        self.media_ids = [str(task["mediaId"]) for task in tasks]
        self.task_ids = [str(task["taskId"]) for task in tasks]

    def upload(self, body: bytes) -> tuple[int, Any]:
        """Post a body to the prediction route; status and JSON."""
        status, answer = self.server.request("POST", f"/api/v1/project/{self.id}/prediction", body)
        return status, json.loads(answer)

    def labels(self, index: int) -> list[dict[str, Any]]:
        """What a media holds, in the form of the vectors."""
        path = f"/api/lcvalues/{self.iteration_id}/{self.media_ids[index]}/{self.task_ids[index]}"
        return _sorted(map(_value, self.server.ask("GET", path)["entryValues"]))


class Server:
    """A server by its URL, over one connection."""

    def __init__(self, url: str, *, is_sandbox: bool) -> None:
        self.is_sandbox = is_sandbox
        parts = urlsplit(url)
        assert parts.hostname
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        self._base = parts.path.rstrip("/")

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body of an answer."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        self._connection.request(method, self._base + path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of an answer that must be a success."""
        status, answer = self.request(method, path, None if body is None else json.dumps(body).encode())
        assert status == 200, f"{method} {path}: {status} {answer[:300]!r}"
        return json.loads(answer) if answer else None

    def project(self, roots: list[dict[str, Any]], media: int = 3) -> Project:
        """A new project with that label configuration."""
        return Project(self, roots, media)


def _value(value: dict[str, Any]) -> dict[str, Any]:
    kind = value["entryTypeLcEntry"]
    found: dict[str, Any] = {"k": value["entryKeyLcEntry"], "t": kind, "valid": value["valid"]}
    match kind:
        case "SELECT":
            found["v"] = value["selectKey"]
        case "FREETEXT":
            found["v"] = value["text"]
        case "CHECKLIST":
            found["v"] = sorted(value["checkedValues"])
        case "RECTANGLE":
            found["g"] = [value["point"]["x"], value["point"]["y"], value["width"], value["height"]]
        case "POINT":
            found["g"] = [value["point"]["x"], value["point"]["y"]]
        case "LINE" | "POLYGON":
            found["g"] = [[point["x"], point["y"]] for point in value["points"]]
        case _:
            found["g"] = [[[p["x"], p["y"]] for p in one["points"]] for one in value["pointsCollection"]]
    return {**found, "c": _sorted(map(_value, value["children"]))}


def _sorted(values: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server to be measured."""
    if url := request.config.getoption("--server"):
        with closing(Server(url, is_sandbox=False)) as found:
            yield found
        return
    command = [sys.executable, "-m", "bulk_importer", "sandbox", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"]
        with closing(Server(url, is_sandbox=True)) as found:
            yield found
        process.terminate()


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
        assert (status, {key: answer.get(key) for key in expected["body"]}) == (
            expected["status"],
            expected["body"],
        )
    for medium, labels in case["labels"].items():
        assert project.labels(int(medium[1:])) == labels


@pytest.fixture(scope="module")
def strangers(server: Any) -> Any:
    """A project that knows none of the media of the schema vectors."""
    return server.project([], media=1)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        pytest.param(name, number, marks=pytest.mark.vector(name))
        for name, vectors in _SCHEMA.items()
        for number in range(len(vectors))
    ],
)
def test_bodies_are_judged_as_recorded(strangers: Any, name: str, number: int) -> None:
    """The whole text; messages inside a block are a set, for the recorded server keeps them in one."""
    vector = _SCHEMA[name][number]
    body = base64.b64decode(vector["body_base64"]) if "body_base64" in vector else vector["body"].encode()
    status, answer = strangers.upload(body)
    if vector.get("status") is None:  # it passes; what it means is not recorded
        assert not answer.get("errorMessages")
        assert answer.get("key") != "ex_gen_error_messages"
        return
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
        body = [one for one in json.loads(answer) if one["id"] == sample.id]
    names = {here: theirs for theirs, here in ours.items()} | {sample.name: "sample"}
    assert _shape(body, names) == _shape(expected["body"], {})


def _shape(value: Any, names: Mapping[str, str]) -> Any:
    """Arrays sorted, times and ids that are nobody's replaced; what is in `names` by what it is called there."""
    if isinstance(value, dict):
        unstable = ("timestamp", "lastChangedConfig")
        return {key: "time" if key in unstable else _shape(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return sorted((_shape(one, names) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(value, str):
        value = str(names.get(value, value))
        known = set(_READS["media"]) | {
            _READS[key] for key in ("project", "dataset", "config", "iteration", "task")
        }
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
        completed = server.ask(
            "PUT", f"/api/task/{project.task_ids[index]}/completeTask", {"lastChangedConfig": changed}
        )
        assert completed == {"hasLabelConfigChanged": False, "currentTaskId": project.task_ids[index]}
    server.ask("PUT", f"/api/task/{project.task_ids[3]}/skipTask", {})
    exported = server.ask("GET", f"/api/project/{project.id}/export")
    assert exported[0].keys() == {"label_classes"}
    assert [one["class_name"] for one in exported[0]["label_classes"]][:4] == ["poi", "street", "car", "mask"]
    assert _shape(exported, {}) == _shape(_EXPORT, {})

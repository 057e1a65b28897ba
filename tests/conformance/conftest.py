"""A DataGym to be measured on recorded answers: the sandbox, or any server given with `--server URL`.

    pytest tests/conformance                                    the sandbox
    pytest tests/conformance --server http://localhost:8080     a real one; open-core routes, no token

At the end stands how many of the recorded answers each file matched.
"""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

OWNER = "open-core-dummy-org-sub"
TALLY = pytest.StashKey[dict[str, list[bool]]]()


class Project:
    """A project of the server, with a few media."""

    def __init__(self, server: Server, roots: list[dict[str, Any]], media: int) -> None:
        self.server = server
        self.name = f"conformance {secrets.token_hex(6)}"
        described = {"owner": OWNER, "name": self.name, "shortDescription": "x", "mediaType": "IMAGE"}
        project = server.ask("POST", "/api/project", {**described, "description": "x"})
        self.id, self.config_id = project["id"], project["labelConfigurationId"]
        self.iteration_id = project["labelIterationId"]
        self.dataset_id = server.ask("POST", "/api/dataset", described)["id"]
        urls = [f"http://x.invalid/img{number:06}.jpg" for number in range(media)]
        server.ask("POST", f"/api/dataset/{self.dataset_id}/url", urls)
        server.ask("POST", f"/api/project/{self.id}/dataset/{self.dataset_id}", {})
        server.ask("PUT", f"/api/lconfig/{self.config_id}", roots)
        tasks = sorted(server.ask("GET", f"/api/project/{self.id}/task"), key=lambda task: str(task["mediaName"]))
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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Count what matched, by the vector file that a test is marked with."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's result has no public type here
    if report.when == "call" and (marker := item.get_closest_marker("vector")):
        tally = item.config.stash.setdefault(TALLY, {})
        tally.setdefault(marker.args[0], []).append(report.passed)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how many answers each file matched."""
    for name, results in sorted(config.stash.get(TALLY, {}).items()):
        terminalreporter.write_line(f"{name}: {sum(results)} / {len(results)} matched")

"""Any client is served: bodies without a type, forms, tokens in query and header, HEAD, kept connections, curl."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

StartSandboxProcess = Callable[..., Any]

_TOKEN = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def sandbox(sandbox_process: StartSandboxProcess) -> Any:
    """A hosted server in another process, with a token and a project."""
    return sandbox_process("--token", _TOKEN, "--project", "real", "--media", "3")


def _route(sandbox: Any) -> str:
    return f"/api/v1/project/{sandbox.ready['project']}/prediction?token={_TOKEN}"


def _body(sandbox: Any) -> bytes:
    media_id = next(iter(sandbox.labels(sandbox.ready["project"])))
    return json.dumps([{"internal_media_ID": media_id, "labels": {"mask": [{}]}}]).encode()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain; charset=utf-16"},
    ],
)
def test_the_type_of_a_body_is_not_looked_at(sandbox: Any, headers: dict[str, str]) -> None:
    parts = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("POST", _route(sandbox), _body(sandbox), headers)
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)) == (200, {"errorMessages": ""})
    connection.close()


def test_a_connection_is_kept_for_a_hundred_requests_and_a_new_one_goes_on(sandbox: Any) -> None:
    """As the official client does: first a HEAD that tests the token, then one request after the other."""
    parts = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("HEAD", f"/api/v1/project?token={_TOKEN}")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    sockets = {connection.sock}
    for _ in range(250):
        connection.request("GET", "/api/v1/project", headers={"Authorization": f"Token {_TOKEN}"})
        assert len(json.load(connection.getresponse())) == 1
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) >= 3


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_uploads_and_reads(sandbox: Any, tmp_path: Any) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(_body(sandbox))
    for way in (["--data-binary", f"@{path}"], ["-T", str(path), "-X", "POST"], ["-d", path.read_text()]):
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "10", *way, sandbox.url + _route(sandbox)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(done.stdout) == {"errorMessages": ""}
    head = subprocess.run(
        [
            "curl",
            "-sSI",
            "--max-time",
            "10",
            "-H",
            f"Authorization: Token {_TOKEN}",
            f"{sandbox.url}/api/v1/project",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert head.stdout.startswith("HTTP/1.1 200 OK")
    assert "application/json" in head.stdout


def test_the_library_that_the_official_client_uses_is_served(sandbox: Any) -> None:
    """`requests`: a token in the query, data without a content type, one connection for many requests."""
    import requests

    with requests.Session() as session:
        query = {"token": _TOKEN}
        assert session.head(f"{sandbox.url}/api/v1/project", params=query, timeout=60).ok
        project = session.get(f"{sandbox.url}/api/v1/project", params=query, timeout=60).json()[0]["id"]
        route = f"{sandbox.url}/api/v1/project/{project}/prediction"
        for _ in range(120):
            answer = session.post(route, params=query, data=b"[{}]", timeout=60)
            assert (answer.status_code, answer.json()) == (200, {"errorMessages": ""})
        refused = session.post(route, params=query, data=json.dumps([{"labels": 5}]), timeout=60)
        assert "Schema validation failed" in refused.json()["errorMessages"]

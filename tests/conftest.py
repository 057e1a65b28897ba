"""Sandboxes for tests: one in the process of the test, and one in a process of its own.

A test asks for one by its argument:

    async def test_that(sandbox: Sandbox) -> None: ...

    async def test_that(start_sandbox: StartSandbox) -> None:
        sandbox = await start_sandbox(faults=FaultScript([503, "reset after commit", "ok"]))

    def test_that(sandbox_process: StartSandboxProcess) -> None:
        sandbox = sandbox_process("--seed", "1")
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from bulk_importer.sandbox import Sandbox, SandboxConfig
from support.around.alone import port_of, reserve_port
from support.around.s3 import s3_server
from support.around.turnstile import Turnstile
from support.profiles import load_profile
from support.starting.warm import WarmProcess

load_profile()
# A shell lets what it starts in the background ignore Ctrl-C, and whatever that starts would do so, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Else each of the hundreds of processes that tests start compiles our modules again: a third of its start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

StartSandbox = Callable[..., Coroutine[Any, Any, Sandbox]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--server` points the conformance suite at a server that runs elsewhere."""
    parser.addoption("--server", metavar="URL", help="measure this server instead of the sandbox")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that names the file of recorded answers a test belongs to."""
    config.addinivalue_line("markers", "vector(file): measured on the recorded answers in that file")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave campaigns out unless `-m` says something about them."""
    if "campaign" in config.getoption("-m"):
        return
    left_out = [item for item in items if item.get_closest_marker("campaign")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("campaign")]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the report of a test name its vector file: it may be counted in another process than the test runs in."""
    if marker := item.get_closest_marker("vector"):
        item.user_properties.append(("vector", marker.args[0]))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many answers each file matched."""
    tally: dict[str, list[str]] = {}
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        if getattr(report, "when", None) == "call":
            for name in (value for key, value in report.user_properties if key == "vector"):
                tally.setdefault(name, []).append(report.outcome)
    for name, results in sorted(tally.items()):
        matched, missed = results.count("passed"), results.count("failed")
        unknown = len(results) - matched - missed
        rest = f", {unknown} not measured" if unknown else ""
        terminalreporter.write_line(f"{name}: {matched} / {matched + missed} matched{rest}")


@pytest.fixture(scope="session", autouse=True)
def no_settings_file_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What whoever runs the tests keeps in the XDG folder is no part of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("xdg")))
        yield


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The URL of a server that speaks S3, with a bucket `labels`."""
    pytest.importorskip("obstore")
    pytest.importorskip("moto.server")
    with s3_server() as url:
        yield url


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, where this process, and those that it starts, find it as AWS's own programs would."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return s3


@pytest.fixture
async def start_sandbox() -> AsyncIterator[StartSandbox]:
    """Start a sandbox in this process; the arguments are those of `SandboxConfig`. It stops with the test."""
    async with AsyncExitStack() as stack:

        async def start(**config: Any) -> Sandbox:
            return await stack.enter_async_context(Sandbox(SandboxConfig(**config)))

        yield start


@pytest.fixture
async def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    """A sandbox in which nothing goes wrong, whose ids are the same each time."""
    return await start_sandbox(seed=1)


class SandboxProcess:
    """A sandbox in a process of its own, looked at over HTTP; its port is nobody else's after its end, either."""

    def __init__(self, *arguments: str) -> None:
        self._held = reserve_port()
        ours, theirs = os.pipe()
        self._stdout = os.fdopen(ours)
        words = ("sandbox", "--port", str(port_of(self._held)), "--json", *arguments)
        self.process = WarmProcess(words, Path.cwd(), os.environ, outputs=(theirs, 2))
        os.close(theirs)
        self.ready: dict[str, Any] = json.loads(self._stdout.readline())
        self.url: str = self.ready["url"]

    def ask(self, path: str, body: object = None) -> Any:
        """The JSON that a route answers, to a GET or (with a body) to a POST."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url + path, data=data), timeout=60) as answer:
            return json.load(answer)

    def prepare(self, **arguments: Any) -> dict[str, Any]:
        """Create a project; arguments and result as `Sandbox.prepare` has them."""
        prepared: dict[str, Any] = self.ask("/sandbox/projects", arguments)
        return prepared

    def labels(self, project_id: str) -> dict[str, list[dict[str, object]]]:
        """What every media of a project holds, as `Sandbox.labels` tells it."""
        held: dict[str, list[dict[str, object]]] = self.ask(f"/sandbox/projects/{project_id}/labels")
        return held

    def requests(self) -> list[dict[str, Any]]:
        """The requests that came, and what became of them."""
        seen: list[dict[str, Any]] = self.ask("/sandbox/requests")
        return seen

    def commits(self) -> dict[str, int]:
        """How often each body was written: SHA-256 of the body (hex) to a count."""
        counts: dict[str, int] = self.ask("/sandbox/commits")
        return counts

    def kill(self) -> None:
        """As `kill -9` does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """As `kill` does; the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)

    def close(self) -> None:
        """Leave nothing of it."""
        self.kill()
        self._stdout.close()
        self._held.close()


StartSandboxProcess = Callable[..., SandboxProcess]


@pytest.fixture
def sandbox_process() -> Iterator[StartSandboxProcess]:
    """Start a sandbox in a process of its own; the arguments are those of the command. It ends with the test."""
    started: list[SandboxProcess] = []

    def start(*arguments: str) -> SandboxProcess:
        started.append(SandboxProcess(*arguments))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def turnstile() -> Iterator[Callable[..., Turnstile]]:
    """Puts a turnstile before a server, given its URL; it is there as long as the test."""
    with ExitStack() as there:
        yield lambda server, **about: there.enter_context(Turnstile(server, **about))

"""A run of the real command, watched and steered in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bulk_importer.errors import ExitCode
from support.around.turnstile import Turnstile
from support.attacks.scene import TOKEN, Scene
from support.browser.judging import look_at, press, walk
from support.browser.visiting import Visit
from support.commands import Command
from support.starting.opened import PagedCommand

StartRun = Callable[..., PagedCommand]


@pytest.fixture
def scene(sandbox_process: Callable[..., Any], tmp_path: Path) -> Scene:
    """A sandbox, and labels for it: so many that nobody sees the end of an import who does not hurry it."""
    return Scene(Command(tmp_path), sandbox_process("--seed", "1", "--token", TOKEN), media=1000)


@pytest.fixture
def start(scene: Scene) -> Iterator[StartRun]:
    """Start the import, or go on with it."""
    started: list[PagedCommand] = []

    def begin(*arguments: str) -> PagedCommand:
        started.append(scene.run("--max-batch-entries", "1", *arguments))
        return started[-1]

    yield begin
    for each in started:
        each.close()


def in_flight(scene: Scene) -> int:
    """How many requests are on their way, as another command finds it; that takes as long as two are apart."""
    found: int = json.loads(scene.command("status", f"{scene.source}.checkpoint", "--json").stdout)[
        "in_flight"
    ]
    return found


def nothing_leaves(scene: Scene) -> bool:
    """Whether nothing comes to the sandbox, once what was on its way has landed, while a command looks at the run."""
    deadline = time.monotonic() + 60
    while in_flight(scene):
        assert time.monotonic() < deadline
    landed = time.time()
    return in_flight(scene) == 0 and scene.uploads(since=landed) == 0


@pytest.mark.slow
def test_a_run_is_paused_resumed_and_stopped_with_a_keyboard_and_the_same_command_resumes(
    scene: Scene, start: StartRun, visit: Visit, turnstile: Callable[..., Turnstile]
) -> None:
    """What a person sees on the page is what the server sees."""
    way = turnstile(scene.sandbox.url, holds="/prediction")
    scene.sandbox.url = way.url
    run = start()
    visitor = visit(run.link())
    page = visitor.page
    expect(page.locator("#state")).to_contain_text("Running")
    expect(page.locator("#plots canvas").first).to_be_visible()
    expect(page.locator("#examples svg").first).to_be_visible()

    press(page, "Pause")
    expect(page.locator("#state")).to_contain_text("Paused")
    expect(page).to_have_title(re.compile("paused"))
    assert nothing_leaves(scene)

    press(page, "Resume")
    expect(page.locator("#state")).to_contain_text("Running")
    press(page, "Slower")
    expect(page.locator("#steering")).to_contain_text("Changed by page")

    press(page, "Stop…")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "Stop it")
    assert run.wait() == ExitCode.UNFINISHED
    expect(page.locator("#connection")).to_contain_text("This command has ended")
    expect(page.locator("#state")).to_contain_text("Stopped")
    assert run.summary()["state"] == "stopped"

    way.let(0)
    again = start("--max-requests-per-second", "50", "--max-batch-entries", "100")
    after = visit(again.link()).page
    expect(after.locator("#connection")).to_contain_text("Live")
    way.let()
    assert again.wait() == ExitCode.REJECTIONS
    expect(after.locator("#connection")).to_contain_text("This command has ended")
    expect(after.locator("#state")).to_contain_text("Complete")
    assert again.summary()["delivered"] == scene.delivered
    assert scene.is_told_once()
    look_at(after, "ended")


def test_a_second_browser_needs_a_link_of_its_own(start: StartRun, visit: Visit) -> None:
    """One that was used opens nothing; the page says how another one is printed, and that one does."""
    run = start()
    visit(run.link())
    second = visit(run.link())
    second.expected.append("status of 403")
    look_at(second.page, "door")
    walk(second.page)
    expect(second.page.locator("body")).to_contain_text("used before")
    press(second.page, "Print a new link there")
    expect(second.page.get_by_role("heading", name="Look at the terminal")).to_be_visible()
    second.page.goto(run.link(1))
    expect(second.page.locator("#state")).to_contain_text("Running")


def test_windows_of_one_browser_leave_each_other_connections(start: StartRun, visit: Visit) -> None:
    """The oldest ones stay as they are, and say so; each new one shows the run."""
    run = start("--max-requests-per-second", "5")
    visitor = visit(run.link())
    page = visitor.page
    expect(page.locator("#connection")).to_contain_text("Live")
    for _ in range(7):
        window = visitor.context.new_page()
        window.goto(page.url)
        expect(window.locator("#connection")).to_contain_text("Live")
    expect(page.locator("#connection")).to_contain_text("Shown in many windows")


def test_a_run_is_steered_without_script(scene: Scene, start: StartRun, visit: Visit) -> None:
    """Each button leads back to the page, as it is then."""
    run = start()
    page = visit(run.link(), java_script_enabled=False).page
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#state")).to_contain_text("Paused")
    assert nothing_leaves(scene)
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("link", name="Stop").click()
    page.get_by_role("button", name="Stop it").click()
    assert run.wait() == ExitCode.UNFINISHED


@pytest.mark.slow
def test_a_page_is_for_everybody(start: StartRun, visit: Visit) -> None:
    """On a phone and on a desk, in light and dark, read aloud, with a keyboard alone."""
    run = start()
    page = visit(run.link()).page
    expect(page.locator("#plots canvas").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#state")).to_contain_text("Paused")
    look_at(page, "paused")
    walk(page)
    page.get_by_role("link", name="Stop").click()
    look_at(page, "question")


def test_a_finished_run_is_only_looked_at(scene: Scene, visit: Visit) -> None:
    """By `status`, which has no button for it."""
    scene.command("import", str(scene.source), "--server", scene.sandbox.url, "--project", "watched")
    shown = PagedCommand(scene.command, "status", f"{scene.source}.checkpoint", "--page", "127.0.0.1:0")
    try:
        page = visit(shown.link()).page
        expect(page.locator("#state")).to_contain_text("Complete")
        expect(page.locator("#examples svg").first).to_be_visible()
        assert page.get_by_role("button").count() == 0
        # The page is whole before it listens; until then it could not hear of the end.
        expect(page.locator("#connection")).to_contain_text("Live")
        shown.stop()
        expect(page.locator("#connection")).to_contain_text("This command has ended")
    finally:
        shown.close()


def test_others_reach_a_page_through_tls_and_with_a_token(
    start: StartRun, visit: Visit, tmp_path: Path
) -> None:
    """They type it once; another word is none."""
    (tmp_path / "word").write_text("a word that nobody guesses\n")
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", "/CN=localhost", "-keyout", "pem", "-out", "certificate"),
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    with (tmp_path / "pem").open("ab") as both:
        both.write((tmp_path / "certificate").read_bytes())
    run = start(
        "--page",
        "0.0.0.0:0",
        "--page-tls",
        str(tmp_path / "pem"),
        "--page-token-file",
        str(tmp_path / "word"),
    )
    port = run.link().partition("/open")[0].rpartition(":")[2]
    visitor = visit(f"https://127.0.0.1:{port}/", ignore_https_errors=True)
    visitor.expected += ["status of 401", "status of 403"]
    page = visitor.page
    look_at(page, "sign-in")
    token = page.get_by_label("Token of this page")
    expect(token).to_be_focused()
    page.keyboard.type("another word that is long enough")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the token")
    expect(token).to_be_focused()
    page.keyboard.type("a word that nobody guesses")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_contain_text("Running")

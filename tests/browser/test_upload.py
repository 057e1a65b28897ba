"""A real browser uploads label files to `serve`, has them imported, and finds nothing to complain of."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from support.browser.judging import look_at, walk
from support.browser.visiting import Visit
from support.commands import Command
from support.entries import entry
from support.serving.process import printed_link

SCRIPT = "<script>document.title='taken'</script>"


@pytest.fixture
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """The command line program."""
    one = Command(tmp_path_factory.mktemp("serve"))
    yield one
    for process in one.started:
        process.terminate()
        process.communicate(timeout=60)


def file(name: str, content: Any) -> FilePayload:
    """A file to be chosen."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {"name": name, "mimeType": "application/json", "buffer": body}


def standing(page: Page) -> Any:
    """Where a page says how an upload stands."""
    return page.get_by_role("status")


def upload(page: Page, *files: FilePayload) -> None:
    """Choose files and send them, from the front."""
    page.get_by_label("Label file").set_input_files(list(files))
    page.get_by_role("button", name="Upload and check").click()


@pytest.mark.slow
def test_files_are_uploaded_looked_at_confirmed_and_imported(
    sandbox_process: Callable[..., Any], command: Command, visit: Visit
) -> None:
    """With what is wrong in them, one after the other, by mouse and by keyboard; on a phone and in the dark."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="p", media=30)
    media = project["media_ids"]
    where = ("--server", sandbox.url, "--project", "p", "--workers", "0", "--max-errors", "none")
    link = printed_link(command.start("serve", *where))
    root = link.partition("/open")[0]
    page = visit(link).page
    expect(page.get_by_role("heading", name="Upload labels")).to_be_visible()
    bad = {"internal_media_ID": media[20], "labels": {SCRIPT: [{"point": [{"x": 30, "y": 40}]}]}}
    below = entry(media[21], -3)
    upload(page, file(f"{SCRIPT}.json", [*(entry(each) for each in media[:20]), bad, below]))
    expect(standing(page)).to_have_text("Checked: waits for you")
    assert page.title() == f"Checked: waits for you - {SCRIPT.rpartition('/')[2]}.json"
    expect(page.locator("figure:has(svg)")).to_have_count(2)
    look_at(page, "serve-checked")
    walk(page)
    page.get_by_role("button", name="Import 20 entries").click()
    expect(standing(page)).to_have_text("Imported")
    assert sum(map(bool, sandbox.labels(project["id"]).values())) == 20
    with page.expect_download() as report:
        page.get_by_role("link", name="The report").click()
    assert "20 of 22 entries delivered" in report.value.path().read_text()

    page.get_by_role("link", name="Uploads").press("Enter")
    upload(page, file("replace.json", [entry(each, 5, keep=False) for each in media[:10]]))
    expect(standing(page)).to_have_text("Checked: waits for you")
    look_at(page, "serve-replacing")
    button = page.get_by_role("button", name="Import 10 entries")
    button.press("Enter")
    expect(standing(page)).to_have_text("Checked: waits for you")  # it has to be ticked
    page.get_by_label(re.compile("Replace the labels that 10 media hold now")).press("Space")
    button.press("Enter")
    expect(standing(page)).to_have_text("Imported")

    page.goto(root + "/")
    upload(page, *(file(f"{number}.json", content) for number, content in enumerate([b"", b"x", b"[]"])))
    expect(page.get_by_text("Cannot be imported")).to_have_count(3)
    look_at(page, "serve-front")


def test_why_something_was_not_done_stays_to_be_read_and_a_page_says_that_its_program_has_ended(
    sandbox_process: Callable[..., Any], command: Command, visit: Visit
) -> None:
    """A tab that nobody sees holds no connection, and finds out when it is looked at again."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="p", media=1)
    process = command.start("serve", "--server", sandbox.url, "--project", "p", "--workers", "0")
    visitor = visit(printed_link(process))
    page = visitor.page
    visitor.expected += ["status of 409", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING"]
    upload(page, file("labels.json", [entry(project["media_ids"][0])]))
    expect(standing(page)).to_have_text("Checked: waits for you")
    address = page.url
    page.evaluate("events.close()")  # so that it does not know what the other one did
    other = visitor.context.new_page()
    other.goto(address)
    other.get_by_role("button", name="Import 1 entry").click()
    expect(standing(other)).to_have_text("Imported")
    page.get_by_role("button", name="Import 1 entry").click()
    expect(page.get_by_role("alert")).to_have_text("It is done by now.")
    page.evaluate("refresh()")
    expect(page.get_by_role("alert")).to_have_text("It is done by now.")
    expect(standing(page)).to_have_text("Imported")
    hide(other)
    assert other.evaluate("events") is None
    process.terminate()
    expect(page.get_by_role("alert").first).to_contain_text("does not answer")
    process.communicate(timeout=60)


def hide(page: Page) -> None:
    """Let the page believe that its tab is behind another one."""
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { get: () => true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )


def test_an_upload_is_dropped_seen_and_stopped(
    sandbox_process: Callable[..., Any], command: Command, visit: Visit
) -> None:
    """Progress is said while it goes; what is stopped, or too large, leaves nothing; a folder is refused in words."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.prepare(name="p", media=1)
    where = ("--server", sandbox.url, "--project", "p", "--workers", "0", "--max-upload", "1MB")
    link = printed_link(command.start("serve", *where))
    page = visit(link).page
    expect(page.get_by_role("heading", name="Upload labels")).to_be_visible()
    upload(page, file("large.json", bytes(1_100_000)))
    expect(page.get_by_role("alert")).to_contain_text("large.json is larger than 1.0 MB")
    page.evaluate(
        """() => {
            const given = new DataTransfer();
            given.items.add(new File(["[1]"], "dropped.json"));
            document.querySelector(".drop").dispatchEvent(new DragEvent("drop", {dataTransfer: given}));
        }"""
    )
    expect(page.get_by_role("heading", name="dropped.json")).to_be_visible()
    page.go_back()
    network = page.context.new_cdp_session(page)
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 40_000},
    )
    upload(page, file("slow.json", bytes(900_000)))
    expect(page.locator(".sending")).to_contain_text("slow.json:")
    look_at(page, "serve-sending")
    page.get_by_role("button", name="Stop the upload").click()
    expect(page.get_by_role("alert")).to_contain_text("The upload was stopped. Nothing of it was kept.")
    spool = command.folder / "bulk-importer-serve"
    expect(page.locator(".jobs > li")).to_have_count(1)
    until = time.monotonic() + 60
    while list(spool.glob("*.part")) and time.monotonic() < until:
        time.sleep(0.05)
    assert len([each for each in spool.iterdir() if each.is_dir()]) == 1


def test_a_browser_without_scripts_does_all_of_it_by_forms(
    sandbox_process: Callable[..., Any], command: Command, visit: Visit
) -> None:
    """A page on which something goes on is loaded again by itself."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="p", media=1)
    link = printed_link(command.start("serve", "--server", sandbox.url, "--project", "p", "--workers", "0"))
    page = visit(link, java_script_enabled=False).page
    upload(page, file("labels.json", [entry(project["media_ids"][0])]))
    expect(page.locator("h1")).to_have_text("labels.json")
    expect(standing(page)).to_have_text("Checked: waits for you", timeout=60_000)
    page.get_by_role("button", name="Import 1 entry").click()
    expect(standing(page)).to_have_text("Imported", timeout=60_000)
    page.get_by_label("Delete the uploaded file").check()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()

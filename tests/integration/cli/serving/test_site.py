"""What a browser can ask of `serve`, and what nobody gets out of it."""

from __future__ import annotations

import asyncio
import errno
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from bulk_importer.cli.serving.site import application
from bulk_importer.cli.serving.spool.folder import Incoming
from bulk_importer.cli.serving.spool.values import Agreement, Job, JobState
from bulk_importer.model import ErrorBudget
from bulk_importer.sandbox import Sandbox
from support.entries import entry
from support.serving.browser import Asking, asking
from support.serving.desk import Desk, desk, kept


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Desk]:
    """An office whose server is not there: what is uploaded cannot be checked, and lies there."""
    async with desk(tmp_path / "spool", "http://127.0.0.1:9", wait_for_server=0) as one:
        yield one


def only(here: Desk) -> Job:
    """The only upload."""
    [job] = here.office.jobs.values()
    return job


async def test_a_file_is_uploaded_looked_at_confirmed_and_imported(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each step by what the pages offer, and what a stranger named comes back as a text."""
    project = await sandbox.prepare(name="p", media=2)
    script = "<script>alert(1)</script>"
    bad = {"internal_media_ID": project.media_ids[1], "labels": {script: [{"point": [{"x": 1, "y": 1}]}]}}
    content = json.dumps([entry(project.media_ids[0]), bad]).encode()
    async with desk(tmp_path / "spool", sandbox.url) as here, asking(here) as browser:
        status, answer = await browser.put(f"a/{script}.json", content)
        job = only(here)
        assert (status, answer) == (201, {"path": f"/jobs/{job.id}"})
        await here.once(job, JobState.CHECKED)
        _, text = await browser.get(f"/jobs/{job.id}")
        assert "Import 1 entry" in text
        assert "class-unknown" in text
        assert "<svg" in text
        assert "<script>alert" not in text
        assert "import _script_alert_1__" not in text
        path = re.search(r'action="(/jobs/[^"]+/confirm)"', text)
        assert path is not None
        assert await browser.post(path[1], {"replaced": "0"}) == (303, f"/jobs/{job.id}")
        await here.once(job, JobState.DONE)
        _, text = await browser.get(f"/jobs/{job.id}")
        assert "Imported" in text
        _, lines = await browser.get(f"/jobs/{job.id}/rejected.jsonl")
        assert json.loads(lines)["entry"] == bad
        status, report = await browser.get(f"/jobs/{job.id}/report.html")
        assert (status, "<script" in report) == (200, False)
        _, front = await browser.get("/")
        assert "1 delivered, 1 rejected" in front
    assert await sandbox.count_labelled(project.id) == 1


async def test_before_labels_are_replaced_it_is_said_what_becomes_of_them(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """In the words of who labels: no key of an entry, and no flag."""
    project = await sandbox.prepare(name="p", media=1)
    async with desk(tmp_path / "spool", sandbox.url) as here, asking(here) as browser:
        first = await here.checked([entry(project.media_ids[0])])
        await here.office.confirm(first, Agreement())
        await here.once(first, JobState.DONE)
        job = await here.checked([entry(project.media_ids[0], 2, keep=False)], "again.json")
        _, text = await browser.get(f"/jobs/{job.id}")
        asked = "Replace the labels that 1 media holds now (1 entry does that). What they hold is kept in a backup"
        assert asked in text
        head, _, _ = text.partition("This does the same")
        assert not re.search(r"--[a-z]|keepData", re.sub(r"<style.*?</style>", "", head, flags=re.DOTALL))


async def test_corrected_entries_are_sent_into_the_same_import(sandbox: Sandbox, tmp_path: Path) -> None:
    """As `retry` feeds them; a file that holds none leaves the import as it was, and says why."""
    project = await sandbox.prepare(name="p", media=2)
    wrong = entry(project.media_ids[1], broken=True)
    content = json.dumps([entry(project.media_ids[0]), wrong]).encode()
    async with desk(tmp_path / "spool", sandbox.url, max_errors=ErrorBudget(share=1.0)) as here:
        job = await here.checked(content)
        await here.office.confirm(job, Agreement())
        job = await here.once(job, JobState.DONE)
        path = f"/jobs/{job.id}/corrections"
        async with asking(here) as browser:
            for lines, said in (
                (b"x", "The corrected entries were not sent: "),
                (json.dumps({"position": 1, "entry": entry(project.media_ids[1])}).encode(), ""),
            ):
                form = aiohttp.FormData()
                form.add_field("file", lines, filename="../corrected.jsonl")
                assert path in (await browser.get(f"/jobs/{job.id}"))[1]
                assert await browser.post(path, form) == (303, f"/jobs/{job.id}")
                job = await here.when(job, lambda now: now.state is JobState.DONE and not now.corrected)
                assert job.message.startswith(said)
            assert path not in (await browser.get(f"/jobs/{job.id}"))[1]
        assert (job.exit_code, job.came and job.came.bad) == (0, 0)
    assert await sandbox.count_labelled(project.id) == 2


async def test_a_form_is_enough(here: Desk) -> None:
    """Where no script runs; what is in it besides a file is passed over, and no file is said."""
    async with asking(here) as browser:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", b"x" * 300_000, filename="../labels.json")
        status, where = await browser.post("/uploads", form)
        job = only(here)
        assert (status, where) == (303, f"/jobs/{job.id}")
        assert here.spool.source(job).read_bytes() == b"x" * 300_000
        assert job.file == "labels.json"
        form = aiohttp.FormData()
        form.add_field("file", b"", filename="", content_type="application/octet-stream")
        status, text = await browser.post("/uploads", form)
        assert (status, "No file was chosen." in text) == (400, True)
        status, _ = await browser.post("/uploads", {"file": "labels.json"})
        assert status == 415


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "C:\\x", "/etc/passwd", "a\0b", "..", "n" * 5000, "\u202eexe.nosj", "job.json", ""],
)
async def test_a_name_is_never_a_path(here: Desk, tmp_path: Path, name: str) -> None:
    """Whatever it is, the file is in the folder of its upload, and the name is only shown."""
    async with asking(here) as browser:
        status, _ = await browser.put(name, b"[]")
        assert status == 201
        job = only(here)
        assert here.spool.source(job).read_bytes() == b"[]"
        assert here.spool.source(job).resolve().parent == tmp_path / "spool" / job.id / "upload"
        assert (await browser.get(f"/jobs/{job.id}"))[0] == 200
        assert "\u202e" not in (await browser.get("/"))[1]
    assert {each.name for each in tmp_path.iterdir()} == {"spool"}


async def test_ten_gigabytes_are_refused_before_they_are_sent(here: Desk, tmp_path: Path) -> None:
    """By what is announced; also to a client that asks first, which is not told to go on."""
    async with asking(here) as browser:
        for more in ((), ("Expect: 100-continue",)):
            reader, writer = await browser.raw("Content-Length: 11000000000", *more)
            assert await browser.status_of(reader) == 413
            assert b"no more is taken (serve --max-upload)" in await reader.read()
            writer.close()
    assert kept(tmp_path / "spool") == set()


async def test_an_upload_without_an_end_is_cut_at_the_bound(here: Desk, tmp_path: Path) -> None:
    """And nothing of it is left."""
    async with asking(here, max_bytes=3_000_000) as browser:
        reader, writer = await browser.raw("Transfer-Encoding: chunked")
        piece = b"10000\r\n" + bytes(0x10000) + b"\r\n"
        answered = asyncio.create_task(browser.status_of(reader))
        while not answered.done():
            with suppress(ConnectionError):
                writer.write(piece)
                await writer.drain()
            await asyncio.sleep(0)
        assert answered.result() == 413
        writer.close()
    assert kept(tmp_path / "spool") == set()


async def test_a_slow_upload_is_ended(here: Desk, tmp_path: Path) -> None:
    """A client that says nothing, and one that says a little now and then."""
    async with asking(here, stretch_seconds=0.2, least_bytes=1000) as browser:
        reader, writer = await browser.raw("Content-Length: 100000", body=b"x" * 999)
        assert await browser.status_of(reader) == 408
        assert b"too slow" in await reader.read()
        writer.close()
        reader, writer = await browser.raw("Content-Length: 100000")
        answered = asyncio.create_task(browser.status_of(reader))
        while not answered.done():
            writer.write(b"x")
            await asyncio.sleep(0.01)
        assert answered.result() == 408
        writer.close()
    assert kept(tmp_path / "spool") == set()


async def test_a_client_that_goes_away_leaves_nothing(here: Desk, tmp_path: Path) -> None:
    """In the middle of a body, or of a form."""
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="l.json"\r\n\r\nabc'
    async with asking(here) as browser:
        _, one = await browser.raw("Content-Length: 100000", body=b"x" * 999)
        kind = "Content-Type: multipart/form-data; boundary=b"
        _, other = await browser.raw("Content-Length: 100000", kind, body=form, method="POST")
        while len(kept(tmp_path / "spool")) < 2:
            await asyncio.sleep(0.01)
        one.close()
        other.close()
        while kept(tmp_path / "spool"):
            await asyncio.sleep(0.01)
    assert not here.office.jobs


async def test_an_end_of_the_program_cuts_uploads(here: Desk, tmp_path: Path) -> None:
    """Nothing of them is left, and no more are taken."""
    async with asking(here) as browser:
        reader, writer = await browser.raw("Content-Length: 100000", body=b"x" * 999)
        while not kept(tmp_path / "spool"):
            await asyncio.sleep(0.01)
        browser.reception.close()
        assert await reader.read() == b""
        writer.close()
        while kept(tmp_path / "spool"):
            await asyncio.sleep(0.01)
        assert (await browser.put("l.json", b"[]"))[0] == 503


async def test_so_many_uploads_at_a_time_and_no_more(here: Desk, tmp_path: Path) -> None:
    """Those that are under way are not touched by that."""
    async with asking(here, most_at_a_time=2) as browser:
        connections = [await browser.raw("Content-Length: 6", body=b"[1, 2") for _ in range(2)]
        while len(kept(tmp_path / "spool")) < 2:
            await asyncio.sleep(0.01)
        status, answer = await browser.put("l.json", b"[]")
        assert (status, answer["message"][:24]) == (503, "2 uploads are under way,")
        for reader, writer in connections:
            writer.write(b"]")
            assert await browser.status_of(reader) == 201
            writer.close()
        assert (await browser.put("l.json", b"[]"))[0] == 201


async def test_a_full_disk_takes_no_upload(here: Desk, tmp_path: Path) -> None:
    """It is said before anything is sent."""
    async with asking(here, keep_free=1 << 60) as browser:
        status, answer = await browser.put("l.json", b"[]")
        assert (status, answer["message"][:22]) == (507, "There is no room for i")
    assert kept(tmp_path / "spool") == set()


async def test_a_disk_that_is_full_in_the_middle_is_said(
    here: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the part that was written is gone."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Incoming, "write", full)
    async with asking(here) as browser:
        status, answer = await browser.put("l.json", b"[]")
        assert (status, answer["message"]) == (507, "There is no more room on the disk for this upload.")
    assert kept(tmp_path / "spool") == set()


async def test_the_same_file_again_is_said(here: Desk) -> None:
    """Whatever it is called now."""
    async with asking(here) as browser:
        await here.checked(b"[]", "monday.json")
        job = await here.checked(b"[]", "tuesday.json")
        assert (
            "The same file was uploaded before, as monday.json" in (await browser.get(f"/jobs/{job.id}"))[1]
        )


async def test_a_body_that_is_packed_for_the_way_is_refused(here: Desk) -> None:
    """What it unpacks to has no bound; a file that is packed itself is taken as it is."""
    async with asking(here) as browser:
        reader, writer = await browser.raw("Content-Length: 2", "Content-Encoding: gzip", body=b"xx")
        assert await browser.status_of(reader) == 415
        writer.close()
    assert not here.office.jobs


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("PUT", "/uploads?name=x", {"Origin": "http://evil.test"}, 403),
        ("POST", "/uploads", {"Origin": "http://evil.test"}, 403),
        ("PUT", "/uploads?name=x", {}, 403),
        ("PUT", "/uploads?name=x", {"Cookie": "", "Origin": "ours"}, 401),
        ("GET", "/", {"Host": "evil.test"}, 421),
        ("GET", "/", {"Cookie": ""}, 401),
        ("GET", "/events", {"Cookie": ""}, 401),
        ("GET", "/jobs/x", {"Cookie": ""}, 401),
        ("POST", "/jobs/ID/confirm", {"Origin": "http://evil.test"}, 403),
        ("DELETE", "/jobs/ID", {"Origin": "ours"}, 405),
        ("GET", "/jobs/ID/remove", {}, 404),
        ("GET", "/jobs/ID/log", {}, 404),
        ("GET", "/jobs/..%2f..%2fetc%2fpasswd", {}, 404),
        ("GET", "/static/..%2fupload.js", {}, 404),
    ],
)
async def test_strangers_and_strange_requests_get_nothing(
    here: Desk, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Nothing is uploaded, confirmed, removed or shown."""
    job = await here.upload(b"[]")
    async with asking(here) as browser, aiohttp.ClientSession() as stranger:
        sent = {"Cookie": browser.cookie} | headers
        sent = {name: value.replace("ours", browser.root) for name, value in sent.items() if value}
        url = browser.root + path.replace("ID", job.id)
        async with stranger.request(method, url, headers=sent, data=b"") as answer:
            assert answer.status == status
            assert "labels.json" not in await answer.text()
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert list(here.office.jobs) == [job.id]


async def test_values_that_are_many_are_counted_together_behind_some_of_them(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """And an upload that is not there any more has a page that leads back to the others."""
    await sandbox.prepare(name="p", media=1)
    async with desk(tmp_path / "spool", sandbox.url) as here, asking(here) as browser:
        job = await here.checked([entry(f"nobody-{number}") for number in range(40)])
        _, text = await browser.get(f"/jobs/{job.id}")
        found = text[text.index("Found ") : text.index("expected the id")]
        assert found.count("nobody-") == 5
        assert found.endswith("<code>other values</code> (35 x); ")
        status, text = await browser.get("/jobs/x")
        assert (status, 'href="/"' in text, "labels.json" in text) == (404, True, False)


async def test_what_is_no_more_to_be_done_is_said(here: Desk) -> None:
    """By a page, which shows how it stands now."""
    async with asking(here) as browser:
        job = await here.once(await here.upload(b"[]"), JobState.REFUSED)
        status, text = await browser.post(f"/jobs/{job.id}/confirm", {"replaced": "0"})
        assert (status, "It is refused by now." in text) == (409, True)
        assert (await browser.post(f"/jobs/{job.id}/stop"))[0] == 409
        assert (await browser.post(f"/jobs/{job.id}/remove")) == (303, "/")
        assert (await browser.post(f"/jobs/{job.id}/remove"))[0] == 404


async def test_a_browser_is_told_when_something_changes(here: Desk) -> None:
    """It looks again then; nothing about an upload stands in the event."""
    async with asking(here) as browser, browser.session.get(browser.root + "/events") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert await _event(browser, stream) == "changed"
        await here.upload(b"[]")
        assert await _event(browser, stream) == "changed"


async def test_a_browser_that_has_left_is_forgotten(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing changes that it could be told."""
    monkeypatch.setattr(application, "_SECONDS_BETWEEN_LOOKS", 0.05)
    subscribe, forgotten = here.office.subscribe, asyncio.Event()

    def noted(listener: Callable[[], object]) -> Callable[[], None]:
        leave = subscribe(listener)

        def leaving() -> None:
            leave()
            forgotten.set()

        return leaving

    monkeypatch.setattr(here.office, "subscribe", noted)
    async with asking(here) as browser:
        async with browser.session.get(browser.root + "/events") as stream:
            assert await _event(browser, stream) == "changed"
        async with asyncio.timeout(20):
            await forgotten.wait()


async def _event(_: Asking, stream: aiohttp.ClientResponse) -> str:
    async with asyncio.timeout(60):
        async for line in stream.content:
            if line.startswith(b"event: "):
                return line.decode().removeprefix("event: ").strip()
    return ""

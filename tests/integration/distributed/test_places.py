"""Every place is one: names with whole bytes, made once or replaced, listed by what they begin with."""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bulk_importer.distributed.leases.lease import take
from bulk_importer.distributed.places.bucket import open_bucket
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.places.open import open_place, try_place
from bulk_importer.errors import CheckpointUnusable, UsageError


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A folder that is not there yet, or a prefix in a bucket."""
    if request.param == "folder":
        return open_place(str(tmp_path / "new" / "plan"))
    request.getfixturevalue("bucket")
    return open_place(f"s3://labels/plans/{secrets.token_hex(4)}")


def test_what_is_not_there_is_nothing(place: Place) -> None:
    """A name below a file is not there either."""
    assert place.read("plan.json") is None
    place.create("plan.json", b"1")
    assert place.read("plan.json/below") is None
    place.remove("nothing")
    assert place.names("nothing/") == []


def test_what_was_created_stays(place: Place) -> None:
    """A second one is told, and changes nothing."""
    assert place.create("work/1/lease", b"one")
    assert not place.create("work/1/lease", b"two")
    assert place.read("work/1/lease") == b"one"


def test_of_many_that_create_one_wins(place: Place) -> None:
    """What is there is what that one wrote."""
    start, won = threading.Barrier(8), list[int]()

    def create(number: int) -> None:
        start.wait()
        if place.create("lease", b"%d" % number):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [b"%d" % number for number in won] == [place.read("lease")]


def test_what_is_replaced_or_removed_is_gone(place: Place) -> None:
    """What was never there, too."""
    place.replace("beat", b"one")
    place.replace("beat", b"two")
    assert place.read("beat") == b"two"
    place.remove("beat")
    place.remove("beat")
    assert place.read("beat") is None


def test_names_are_listed_by_what_they_begin_with(place: Place) -> None:
    """At any depth, and nothing that is only on its way."""
    for name in ("b/2", "a/1", "a/11/x", "ab", "c"):
        place.create(name, b"")
    assert place.names("a/1") == ["a/1", "a/11/x"]
    assert place.names("a") == ["a/1", "a/11/x", "ab"]
    assert place.names("") == ["a/1", "a/11/x", "ab", "b/2", "c"]


def test_a_place_that_keeps_its_word_is_tried_without_a_trace(place: Place) -> None:
    """Before a plan is made there."""
    try_place(place)
    assert place.names("") == []


async def test_one_of_two_workers_has_the_lease_and_then_the_other(place: Place) -> None:
    """Given back, it is taken at once."""
    first = await take(place, "work/00000", holder="one", seconds=60)
    async with first.kept(pytest.fail), asyncio.TaskGroup() as group:
        second = group.create_task(take(place, "work/00000", holder="two", seconds=1))
        await asyncio.sleep(0.2)
        assert not second.done()
        await first.give_back()
    assert (await second).epoch == 2


@pytest.mark.parametrize("url", ["s3://labels", "s3://labels/", "s3:///plan"])
def test_an_url_that_names_no_place_is_a_usage_error(url: str) -> None:
    """A whole bucket is none: others may have something in it."""
    with pytest.raises(UsageError, match="s3://BUCKET/PREFIX"):
        open_place(url)


def test_a_bucket_that_is_not_there_is_said_to_be_missing(bucket: str) -> None:
    """And not its objects."""
    place = open_place("s3://nowhere/plan")
    for call in (lambda: place.read("x"), lambda: place.create("x", b""), lambda: place.names("x/")):
        with pytest.raises(
            CheckpointUnusable, match="s3://nowhere/plan cannot be used: there is no such bucket"
        ):
            call()


ANSWERS = {
    "ExpiredToken": (400, "the credentials have run out. Renew them"),
    "AccessDenied": (403, "the credentials do not allow it. A worker reads, writes, lists and deletes"),
}


@pytest.mark.parametrize("code", ANSWERS)
async def test_what_the_credentials_lack_is_said(
    code: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do about it."""
    status, words = ANSWERS[code]

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=f"<Error><Code>{code}</Code><Message>No.</Message></Error>")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", str(server.make_url("/")))
        place = open_place("s3://labels/plan")
        with pytest.raises(CheckpointUnusable, match=words):
            await asyncio.to_thread(place.create, "lease", b"")


async def test_that_there_are_no_credentials_is_said(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not what the machine answers that was asked for them."""

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=403)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    async with TestServer(app) as server:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", str(server.make_url("/")).rstrip("/"))
        place = open_bucket("s3://labels/plan")
        with pytest.raises(CheckpointUnusable, match=r"there are no credentials.* Set those of the cloud"):
            await asyncio.to_thread(place.read, "x")


class FaultyBucket:
    """A server of one object that loses its first answers, and may not know what a condition is."""

    def __init__(self, *, lost: int = 0, knows_conditions: bool = True) -> None:
        self._lost = lost
        self._knows_conditions = knows_conditions
        self.objects: dict[str, bytes] = {}

    async def answer(self, request: web.Request) -> web.Response:
        """Do what is asked, and then say so or not."""
        body = await request.read()
        match request.method:
            case "PUT" if (
                request.path in self.objects and self._knows_conditions and "If-None-Match" in request.headers
            ):
                return web.Response(status=412)
            case "PUT":
                self.objects[request.path] = body
            case "POST":
                for key in re.findall(rb"<Key>(.*?)</Key>", body):
                    self.objects.pop(f"/labels/{key.decode()}", None)
                return web.Response(text="<DeleteResult></DeleteResult>")
            case "GET" if request.path not in self.objects:
                return web.Response(status=404)
        if self._lost:
            self._lost -= 1
            assert request.transport is not None
            request.transport.abort()
        headers = {"ETag": '"one"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}
        return web.Response(body=self.objects.get(request.path, b""), headers=headers)


async def served(faulty: FaultyBucket, monkeypatch: pytest.MonkeyPatch) -> TestServer:
    """A server that answers so."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", faulty.answer)
    server = TestServer(app)
    await server.start_server()
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(server.make_url("/")))
    return server


async def test_what_was_created_though_the_answer_was_lost_is_ones_own(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second try is refused, because of what the first one put there; that of another is another's."""
    async with await served(FaultyBucket(lost=1), monkeypatch):
        place = open_bucket("s3://labels/plan")
        assert await asyncio.to_thread(place.create, "lease", b"mine")
        assert not await asyncio.to_thread(place.create, "lease", b"other")


async def test_a_server_that_knows_no_conditions_is_no_place_for_a_plan(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried, and not taken on trust; nothing is left there."""
    faulty = FaultyBucket(knows_conditions=False)
    async with await served(faulty, monkeypatch):
        place = open_bucket("s3://labels/plan")
        with pytest.raises(CheckpointUnusable, match=r"two workers could send the same\. Use a bucket"):
            await asyncio.to_thread(try_place, place)
    assert not faulty.objects

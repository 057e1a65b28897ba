"""Objects of an S3-compatible server are read from any byte, and are noticed when they change."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.model import ReadPlan
from bulk_importer.sources.buckets.objects import open_object
from bulk_importer.sources.open import open_source
from support.around.s3 import put
from support.entries import numbered
from support.reading import plain_reading, read_source

obstore = pytest.importorskip("obstore")

CONTENT = json.dumps([numbered(i) for i in range(3000)]).encode()


async def test_an_object_is_read_to_its_end_and_from_any_byte(bucket: str) -> None:
    """A resume reads from the first owed byte on."""
    put(bucket, "a/labels.json", CONTENT)
    source = await open_source("s3://labels/a/labels.json")
    whole = await read_source(source, segment_bytes=30_000)
    assert whole.error is None
    assert whole.elements == plain_reading(CONTENT).elements
    assert source.size == len(CONTENT)
    assert source.version
    key = whole.keys[-1]
    rest = await read_source(source, ReadPlan((), key.first, key.offset))
    assert rest.elements == [each for each in whole.elements if each[0] >= key.first]
    await source.aclose()


async def test_an_object_that_is_replaced_meanwhile_is_noticed(bucket: str) -> None:
    """By the ETag that each request asks for."""
    put(bucket, "labels.json", CONTENT)
    source = await open_source("s3://labels/labels.json")
    put(bucket, "labels.json", CONTENT[:-1] + b" ]")
    seen = await read_source(source)
    await source.aclose()
    assert isinstance(seen.error, SourceUnreadable)
    assert "it changed" in str(seen.error)


async def test_an_object_that_is_not_there_is_unreadable(bucket: str) -> None:
    """With what the server says."""
    with pytest.raises(SourceUnreadable, match=r"s3://labels/none\.json"):
        await open_source("s3://labels/none.json")


@pytest.mark.parametrize("url", ["s3://labels", "s3://labels/", "s3:///key"])
async def test_an_url_that_names_no_object_is_a_usage_error(bucket: str, url: str) -> None:
    """It is said before anything is asked."""
    with pytest.raises(UsageError, match="BUCKET/KEY"):
        await open_source(url)


async def test_without_obstore_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Into the environment that the program runs in; by the name of the library, because an index may not have ours."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(UsageError) as raised:
        await open_source("s3://labels/labels.json")
    words = shlex.split(str(raised.value).partition("Install it: ")[2])
    assert words[-2:] == ["install", "obstore"] or words[:3] == ["uv", "pip", "install"]
    assert sys.executable in words
    if words[0] == sys.executable:
        subprocess.run([*words[:-2], "--version"], check=True, capture_output=True, timeout=60)


async def test_credentials_that_run_out_in_between_are_said_to_have(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a role do, within hours; the same command goes on with fresh ones."""
    body = "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"

    async def answer(request: web.Request) -> web.Response:
        if request.method == "HEAD":
            return web.Response(
                body=CONTENT, headers={"ETag": '"one"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}
            )
        return web.Response(status=400, text=f'<?xml version="1.0" encoding="UTF-8"?>\n{body}')

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", str(server.make_url("/")))
        source = await open_object("s3://labels/labels.json")
        with pytest.raises(SourceUnreadable, match=r"the credentials have run out\. Renew them"):
            await source.head(10)
        await source.aclose()

"""Objects of Google's and Microsoft's clouds are read as those of S3 are, from where programs of these clouds look."""

from __future__ import annotations

import json

import pytest

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.model import ReadPlan
from bulk_importer.sources.open import open_source
from support.around.cloud import CloudObject, cloud_server
from support.entries import numbered
from support.reading import plain_reading, read_source

pytest.importorskip("obstore")

CONTENT = json.dumps([numbered(i) for i in range(300)]).encode()


def _pointed(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let both clouds be at `url`."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", url)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "ours")
    monkeypatch.setenv("AZURE_SKIP_SIGNATURE", "true")


@pytest.mark.parametrize("spec", ["gs://labels/a/labels.json", "az://labels/a/labels.json"])
async def test_an_object_is_read_from_any_byte_and_noticed_when_it_is_replaced(
    spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the ETag that each request asks for."""
    held = CloudObject(CONTENT)
    async with cloud_server(held) as url:
        _pointed(monkeypatch, url)
        source = await open_source(spec)
        whole = await read_source(source, segment_bytes=3_000)
        assert whole.error is None
        assert whole.elements == plain_reading(CONTENT).elements
        assert (source.size, source.version, source.seekable) == (len(CONTENT), '"v1"', True)
        assert set(held.asked) == {"/labels/a/labels.json"}
        key = whole.keys[-1]
        rest = await read_source(source, ReadPlan((), key.first, key.offset))
        assert rest.elements == [each for each in whole.elements if each[0] >= key.first]
        held.replace(CONTENT[:-1] + b" ]")
        seen = await read_source(source)
        assert isinstance(seen.error, SourceUnreadable)
        assert "it changed" in str(seen.error)
        await source.aclose()


@pytest.mark.parametrize("scheme", ["gs", "az"])
async def test_an_url_that_names_no_object_is_a_usage_error(scheme: str) -> None:
    """It is said before anything is asked."""
    with pytest.raises(UsageError, match=f"write {scheme}://BUCKET/KEY"):
        await open_source(f"{scheme}://labels")


async def test_an_account_that_nobody_named_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container is one of an account, and no URL of this kind says which."""
    for name in ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match="set AZURE_STORAGE_ACCOUNT_NAME"):
        await open_source("az://labels/labels.json")

"""A plan keeps what all workers must import by, and nothing that is a secret or of one machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bulk_importer.distributed.planning.asked import place_of_source, settings_kept
from bulk_importer.errors import UsageError
from bulk_importer.settings import Settings


def test_what_was_asked_for_is_kept_as_a_settings_file_has_it() -> None:
    """Not what is the default, nor what the plan says by itself."""
    settings = Settings(
        server="http://gym.test",
        project="p",
        strict=True,
        allow=("label-open",),
        max_batch_entries=50,
        max_in_flight=4,
        max_requests_per_second=3.5,
        lease=90.0,
        path="entries.item",
    )
    assert settings_kept(settings) == {
        "path": "entries.item",
        "strict": True,
        "allow": ["label-open"],
        "max_batch_entries": 50,
        "lease": 90.0,
    }


def test_nothing_of_one_machine_is_kept() -> None:
    """Tokens, certificates and processes are each worker's own."""
    settings = Settings(
        token_file="t", basic_auth_file="b", ca_file="c", client_cert="c", workers=3, engine="dask"
    )
    assert settings_kept(settings) == {}


def test_files_are_named_by_their_absolute_paths() -> None:
    """A worker is started elsewhere."""
    kept = settings_kept(
        Settings(label_config="classes.json", media_list="media.csv", header=("@headers.txt",))
    )
    here = os.getcwd()
    assert kept == {
        "header": [f"@{here}/headers.txt"],
        "label_config": f"{here}/classes.json",
        "media_list": f"{here}/media.csv",
    }
    assert settings_kept(Settings(label_config="none")) == {"label_config": "none"}


@pytest.mark.parametrize(
    ("source", "named"), [("s3://b/k", "s3://b/k"), ("https://h/x.json", "https://h/x.json")]
)
def test_a_url_is_named_as_it_is(source: str, named: str) -> None:
    """Every worker can open it."""
    assert place_of_source(source) == named


def test_a_file_is_named_by_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its name is not UTF-8, which no plan could hold."""
    monkeypatch.chdir(tmp_path)
    assert place_of_source("l.json") == f"{tmp_path}/l.json"
    assert place_of_source("caf\udce9.json") == f"{tmp_path}/caf\\xe9.json"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://h/x.json?sig=S3CRET", "what stands behind the ?"),
        ("https://me:S3CRET@h/x.json", "what stands before the @"),
    ],
)
def test_a_url_that_may_hold_a_secret_is_refused_without_saying_it(url: str, said: str) -> None:
    """Whoever can read the place of the plan could read it."""
    with pytest.raises(UsageError) as raised:
        place_of_source(url)
    assert said in str(raised.value)
    assert "S3CRET" not in str(raised.value)

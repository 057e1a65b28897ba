"""`--page` takes an address or none, whatever stands behind it, also of commands that take no settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bulk_importer.cli.main import whole_parser
from bulk_importer.cli.parsing.page_flags import page_settings
from bulk_importer.errors import UsageError


@pytest.mark.parametrize(
    ("words", "page", "sources"),
    [
        (["--page", "labels.json"], "0", ["labels.json"]),
        (["labels.json", "--page"], "0", ["labels.json"]),
        (["--page", "8080", "labels.json"], "8080", ["labels.json"]),
        (["--page=8080", "labels.json"], "8080", ["labels.json"]),
        (["--page", "0.0.0.0:8080", "labels.json"], "0.0.0.0:8080", ["labels.json"]),
        (["--page", "--json", "labels.json"], "0", ["labels.json"]),
        (["--page", "99999", "labels.json"], "99999", ["labels.json"]),
    ],
)
def test_a_page_takes_what_is_an_address(words: list[str], page: str, sources: list[str]) -> None:
    """And leaves what is none; a number that is no port is said to be none later."""
    arguments = whole_parser().parse_args(["import", *words])
    assert (getattr(arguments, "setting:page"), arguments.source) == (page, sources)


@pytest.mark.parametrize(
    ("words", "page"), [([], None), (["--page"], "127.0.0.1:0"), (["--page", "8080"], "127.0.0.1:8080")]
)
def test_status_takes_it_from_flags_alone(words: list[str], page: str | None) -> None:
    """A variable that is set for imports does not make it wait for ever."""
    settings = page_settings(whole_parser().parse_args(["status", *words, "labels.json.checkpoint"]))
    assert (settings.page if settings else None) == page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--page-tls", "x"], "--page-tls has no effect without --page"),
        (["--page=x"], "is not an address"),
        (["--page=::1"], "stands in brackets"),
        (["--page=::1:8080"], "stands in brackets"),
    ],
)
def test_what_cannot_be_meant_is_said(words: list[str], said: str) -> None:
    """Before anything is looked at."""
    with pytest.raises(UsageError, match=said):
        page_settings(whole_parser().parse_args(["status", "labels.json.checkpoint", *words]))


async def test_an_address_that_other_machines_reach_is_refused_alone(run: Any, tmp_path: Path) -> None:
    """Nothing is looked up then, and nothing sent."""
    done = await run(
        "import", tmp_path / "l.json", "--server", "http://gym.test", "--project", "p", "--page=0.0.0.0:1"
    )
    assert done.code == 2
    assert "needs --page-tls FILE and --page-token-file" in done.err

"""Every code that a person meets is explained, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from bulk_importer.datagym.findings import CATALOGUE
from bulk_importer.errors import ExitCode


@pytest.mark.parametrize("code", CATALOGUE)
async def test_every_finding_is_explained(run: Any, code: str) -> None:
    """In the words that findings carry as their advice."""
    done = await run("explain", code)
    assert done.code == 0
    assert CATALOGUE[code].meaning in done.out
    assert CATALOGUE[code].advice in done.out


@pytest.mark.parametrize("code", ExitCode)
async def test_every_exit_code_is_explained(run: Any, code: ExitCode) -> None:
    """By its number."""
    done = await run("explain", int(code))
    assert (done.code, done.out.splitlines()[0]) == (0, f"exit code {int(code)}")
    assert len(done.out.strip().splitlines()) >= 4


async def test_without_a_code_all_are_listed(run: Any) -> None:
    """Findings and exit codes, a line each."""
    done = await run("explain")
    assert all(f"  {code} " in done.out for code in CATALOGUE)
    assert all(f"  {int(code):>3}  " in done.out for code in ExitCode)


@pytest.mark.parametrize(
    ("code", "sentence"), [("media-unkown", "Is 'media-unknown' meant?"), ("99", "These are: 0, 1, 2")]
)
async def test_an_unknown_code_is_told_what_is_near(run: Any, code: str, sentence: str) -> None:
    """Or what there is."""
    done = await run("explain", code)
    assert (done.code, sentence in done.err) == (ExitCode.USAGE, True), done.err

"""What stands on the pages of `serve` is meant for who labels, and not for who types commands."""

from __future__ import annotations

import re

import pytest

from bulk_importer.cli.serving.site.wording import for_labellers, in_browser
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.pipeline.guards.replacement import unconfirmed

TYPED = re.compile(r"--[a-z]|keepData|bulk-importer|CHECKPOINT")


@pytest.mark.parametrize("code", CATALOGUE)
def test_no_advice_is_to_type_something(code: str) -> None:
    """What is left of it is whole sentences, or whom to ask."""
    said = for_labellers(CATALOGUE[code].advice)
    assert not TYPED.search(said)
    assert re.fullmatch(r"[A-Z].+\.", said)


def test_what_can_be_done_without_a_terminal_stays() -> None:
    """And only that."""
    advice = "Check the id and the project; 'bulk-importer media --server URL --project P' lists the ids."
    assert for_labellers(advice) == "Check the id and the project."
    assert for_labellers("Say --clip.") == "Ask whoever started this page what to do."
    assert for_labellers("") == ""


def test_what_is_kept_of_replaced_labels_is_said_without_a_path() -> None:
    """Or that nothing is."""
    kept = "What they hold is read and kept first, in /spool/replaced.jsonl.zst: one read a media, about 1 s."
    assert for_labellers(kept) == "What they hold is kept first, so that the import can be taken back."
    never = "By --backup never nothing is kept of what they held: undo cannot bring it back."
    assert for_labellers(never) == "Nothing is kept of what they hold: that cannot be taken back."


def test_an_import_that_was_not_confirmed_says_no_flag() -> None:
    """It can be resumed on the page."""
    said = in_browser(unconfirmed(is_begun=False), source="/spool/a", name="a.json")
    assert said.endswith("It asks again when it is resumed.")
    assert not TYPED.search(said)

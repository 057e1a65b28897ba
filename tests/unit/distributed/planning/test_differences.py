"""A plan that lies there is the one that is asked for, or it is said in what it is another one."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from bulk_importer.distributed.planning.differences import differences
from bulk_importer.settings import definitions
from support.fleet.plans import draft_of


def test_what_a_person_said_otherwise_is_named(tmp_path: Path) -> None:
    """By the flags that say it."""
    there, _ = draft_of(tmp_path / "labels.json", [[0], [1]])
    asked = replace(there, project="other", settings={**there.settings, "max_batch_entries": 7, "clip": True})
    assert differences(there, there) == []
    assert differences(there, asked) == [
        "--project",
        "--clip (false there, true here)",
        "--max-batch-entries (5000 there, 7 here)",
    ]


def test_each_setting_can_be_shown_as_a_plan_holds_it(tmp_path: Path) -> None:
    """Also beside one that has none."""
    there, _ = draft_of(tmp_path / "labels.json", [[0], [1]])
    given = {each.name: each.default for each in definitions() if each.default not in (None, ())}
    held = msgspec.json.decode(msgspec.json.encode(given))
    asked = replace(there, settings=dict.fromkeys(given))
    said = differences(replace(there, settings=held), asked)
    assert len(said) == len(given)
    assert all(each.endswith("there, not set here)") for each in said)


def test_a_label_configuration_that_changed_since_makes_no_other_plan(tmp_path: Path) -> None:
    """The same command resumes after it; each import says what has changed."""
    there, _ = draft_of(tmp_path / "labels.json", [[0], [1]])
    assert differences(there, replace(there, label_config="another")) == []

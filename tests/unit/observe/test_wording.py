"""What events tell, in sentences."""

from __future__ import annotations

import pytest
from msgspec import structs

from bulk_importer.events import Event, LimitsChanged, RunPaused, RunResumed
from bulk_importer.levels import Level
from bulk_importer.observe.wording import level_of, sentence_of

LIMITED = LimitsChanged(
    by="ana",
    max_in_flight=2,
    requests_per_second=None,
    entries_per_second=1500,
    bytes_per_second=None,
    is_as_started=False,
)
PAUSED = RunPaused(by="ana")
RESUMED = RunResumed(by="ben", seconds=61.2)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (PAUSED, "Paused by ana: nothing new is sent until it is resumed."),
        (RESUMED, "Resumed by ben, after 61 s."),
        (LIMITED, "Limits changed by ana: 2 in flight, 1,500 entries/s."),
        (
            structs.replace(LIMITED, is_as_started=True),
            "Limits changed by ana: back to those that it was started with.",
        ),
    ],
)
def test_what_a_person_changed_is_told_with_who_did_it(event: Event, said: str) -> None:
    """At the level of what a person wants to know anyway."""
    assert sentence_of(event) == said
    assert level_of(event) is Level.INFO

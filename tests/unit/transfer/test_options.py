"""What the settings of a person mean for the sending side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.settings import Settings
from bulk_importer.transfer.adaptive.gate import Setting
from bulk_importer.transfer.options import Remembered, SendOptions, require_sound

SETTINGS = Settings(max_batch_entries=500, max_batch_bytes=1_000_000)


def test_a_batch_holds_no_more_than_a_second_may_send() -> None:
    """A larger one would be a burst."""
    options = SendOptions.of(
        replace(SETTINGS, max_entries_per_second=40.0, max_bytes_per_second=5_000.0), None
    )
    limits = options.limits_now()
    assert (limits.max_entries, limits.max_bytes) == (40, 5_000)
    options.pacing.change(0.0, entries_per_second=2.0)
    assert options.limits_now().max_entries == 2


def test_a_run_begins_where_an_earlier_one_ended() -> None:
    """With the setting of its gate, and the size of bodies that passes."""
    options = SendOptions.of(SETTINGS, Remembered(in_flight=4, weight=300, max_bytes=70_000))
    assert options.start == Setting(4, 300)
    assert options.limits.max_bytes == 70_000


def test_a_first_run_begins_carefully_and_with_what_a_person_allows() -> None:
    """Nothing is known yet."""
    options = SendOptions.of(SETTINGS, None)
    assert options.start is None
    assert options.limits.max_bytes == 1_000_000


def test_a_polite_run_has_two_requests_in_flight_at_most() -> None:
    """However many are allowed."""
    options = SendOptions.of(replace(SETTINGS, polite=True, max_in_flight=8), None)
    assert options.bounds.most_in_flight == 2
    assert options.is_polite


@pytest.mark.parametrize("note", [None, {"in_flight": "many"}, 7])
def test_a_note_that_cannot_be_read_is_none(note: object) -> None:
    """A run without it begins as the first one did."""
    assert Remembered.read(note) is None


@pytest.mark.parametrize(
    ("settings", "flag"),
    [
        (replace(SETTINGS, retry_wait=9.0, max_retry_wait=1.0), "--retry-wait"),
        (replace(SETTINGS, probe_wait=9.0, max_probe_wait=1.0), "--probe-wait"),
        (replace(SETTINGS, min_in_flight=5, max_in_flight=2), "--min-in-flight"),
        (replace(SETTINGS, min_batch_weight=9, max_batch_weight=3), "--min-batch-weight"),
        (replace(SETTINGS, window="at night"), "--window"),
    ],
)
def test_settings_that_contradict_each_other_are_named(settings: Settings, flag: str) -> None:
    """Before anything is begun."""
    with pytest.raises(UsageError, match=flag):
        require_sound(settings)

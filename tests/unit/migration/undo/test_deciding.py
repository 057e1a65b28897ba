"""A media gets back what it held before an import, unless somebody has changed it since."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.labels.holding import Difference, Holding
from bulk_importer.migration.undo.deciding import Edited, Restore, Touched, Untouched, decide


def _box(x: int) -> dict[str, object]:
    return {"rectangle": [{"x": x, "y": 0, "w": 1, "h": 1}]}


def _entry(*boxes: int, keep: bool | None = None, weather: str | None = None) -> bytes:
    entry: dict[str, object] = {"internal_media_ID": "m"}
    if keep is not None:
        entry["keepData"] = keep
    if boxes:
        entry["labels"] = {"bus": [_box(x) for x in boxes]}
    if weather is not None:
        entry["global_classifications"] = {"weather": [weather]}
    return json.dumps(entry).encode()


def _held(*entries: bytes) -> list[bytes]:
    """What a media holds, as one entry that empties it first."""
    holding = Holding.of(entries)
    boxes = [int(each.coordinates[0]) for each in holding.geometries.elements()]
    answer = holding.answers.get("weather")
    return [_entry(*boxes, keep=False, weather=answer.texts[0] if answer else None)]


def test_replaced_labels_come_back_as_they_were_saved() -> None:
    saved = [_entry(1, 2, keep=False, weather="rain")]
    sent = [_entry(3, keep=False)]
    assert decide(Touched(sent, saved=saved), _held(*sent)) == Restore(saved)


def test_added_geometries_are_taken_away_and_what_others_added_since_stays() -> None:
    decision = decide(Touched([_entry(3, 3)]), _held(_entry(1, 3, 3, 4, weather="sun")))
    assert isinstance(decision, Restore)
    assert Holding.of(decision.entries) == Holding.of([_entry(1, 4, weather="sun")])
    assert json.loads(decision.entries[0])["keepData"] is False


def test_a_media_that_somebody_changed_is_left_alone_and_it_is_said_what_differs() -> None:
    saved = [_entry(1, keep=False)]
    assert decide(Touched([_entry(3, keep=False)], saved=saved), _held(_entry(3, 5))) == Edited(
        [Difference("bus", 0, 1)], saved
    )
    assert decide(Touched([_entry(3)]), _held(_entry(1))) == Edited([Difference("bus", 1, 0)], None)


def test_a_value_that_was_set_and_not_saved_cannot_be_taken_back() -> None:
    assert decide(Touched([_entry(weather="rain")]), _held(_entry(1, weather="rain"))) == Edited([], None)


def test_a_media_that_holds_what_it_held_needs_nothing() -> None:
    saved = [_entry(1, keep=False)]
    assert decide(Touched([_entry(3, keep=False)], saved=saved), _held(_entry(1))) == Untouched()
    assert decide(Touched([_entry()]), _held(_entry(1))) == Untouched()


_BOXES = st.lists(st.integers(0, 3), max_size=3)
_SENT = st.lists(
    st.builds(
        lambda boxes, keep, weather: _entry(*boxes, keep=keep, weather=weather),
        _BOXES,
        st.sampled_from([None, True, False]),
        st.sampled_from([None, "rain", "sun"]),
    ),
    max_size=4,
)


@given(_BOXES, st.sampled_from([None, "sun"]), _SENT)
def test_a_saved_media_comes_back_whatever_was_sent(
    before: list[int], weather: str | None, sent: list[bytes]
) -> None:
    saved = _held(_entry(*before, weather=weather))
    now = _held(*saved, *sent)
    decision = decide(Touched(sent, saved), now)
    assert not isinstance(decision, Edited)
    left = decision.entries if isinstance(decision, Restore) else now
    assert Holding.of(left) == Holding.of(saved)


@given(_BOXES, st.lists(_BOXES, max_size=2), _SENT)
def test_what_was_added_before_something_was_saved_is_taken_out_of_that(
    before: list[int], earlier: list[list[int]], sent: list[bytes]
) -> None:
    added = [_entry(*each) for each in earlier]
    saved = _held(_entry(*before), *added)
    now = _held(*saved, *sent)
    decision = decide(Touched(sent, saved, added), now)
    assert not isinstance(decision, Edited)
    left = decision.entries if isinstance(decision, Restore) else now
    assert Holding.of(left) == Holding.of([_entry(*before)])


@given(_BOXES, st.lists(_BOXES, max_size=3), _BOXES)
def test_what_was_only_added_is_gone_afterwards_and_nothing_else(
    before: list[int], sent: list[list[int]], others: list[int]
) -> None:
    entries = [_entry(*each) for each in sent]
    now = _held(_entry(*before), *entries, _entry(*others))
    decision = decide(Touched(entries), now)
    assert not isinstance(decision, Edited)
    left = decision.entries if isinstance(decision, Restore) else now
    assert Holding.of(left) == Holding.of([_entry(*before, *others)])

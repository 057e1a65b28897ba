"""Entries are compared by the labels that they leave."""

from __future__ import annotations

from bulk_importer.backups.making.comparing import differences
from bulk_importer.backups.making.entries import EntryMaker, MadeEntry, MediaTask
from bulk_importer.backups.making.held import HeldLabel
from support.backups.held import CONFIG, answer, geometry

_MAKER = EntryMaker(CONFIG)


def _made(*held: HeldLabel) -> list[MadeEntry]:
    return _MAKER.entries(MediaTask("m", "t", "BACKLOG"), held)


def test_order_people_and_times_make_no_difference() -> None:
    """A restore makes all of them anew."""
    one, two = geometry("POINT", "sign", 1.0, 1.0, at=1), geometry("POINT", "sign", 2.0, 2.0, at=2)
    tags = answer("tags", "city", "night", kind="CHECKLIST")
    before = _made(one, two, tags)
    now = _made(
        geometry("POINT", "sign", 1.0, 1.0, at=9, labeler="bob"),
        geometry("POINT", "sign", 2.0, 2.0, at=8),
        answer("tags", "night", "city", kind="CHECKLIST"),
    )
    assert differences(before, now) == []


def test_a_last_bit_is_a_difference() -> None:
    """It is told by class: how many only one has, and how many only the other."""
    before, now = _made(geometry("POINT", "sign", 0.3, 1.0)), _made(geometry("POINT", "sign", 0.1 + 0.2, 1.0))
    assert differences(before, now) == [("/labels/sign", 1, 1)]


def test_how_often_a_geometry_is_there_counts() -> None:
    """Two equal points are two labels."""
    sign = geometry("POINT", "sign", 1.0, 1.0)
    assert differences(_made(sign, sign), _made(sign)) == [("/labels/sign", 1, 0)]


def test_answers_are_compared_by_their_place() -> None:
    """Those of further entries, too."""
    before = _made(answer("rain", "yes", children=(answer("heavy", "yes"), answer("warm", "yes"))))
    now = _made(answer("rain", "yes", children=(answer("heavy", "yes"), answer("warm", "no"))))
    assert differences(before, now) == [("/global_classifications/rain/warm", 1, 1)]


def test_what_no_entry_can_say_is_compared_as_well() -> None:
    """It is in the backup, as the server told it."""
    before, now = _made(geometry("POINT", "sign", -1.0, 1.0)), _made()
    assert differences(before, now) == [("/backup/lost/lost-coordinates/labels/sign", 1, 0)]

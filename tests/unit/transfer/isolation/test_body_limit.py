"""Bodies become smaller where one was too large, and no smaller than what was accepted."""

from __future__ import annotations

from bulk_importer.transfer.isolation.body_limit import BodyLimit


def test_it_begins_with_what_a_person_allows() -> None:
    """Nothing is learnt, so nothing is remembered."""
    limit = BodyLimit(1000)
    assert (limit.bytes, limit.learnt) == (1000, None)


def test_a_refused_body_halves_it() -> None:
    """A larger one that was under way at the same time does not undo that."""
    limit = BodyLimit(1000)
    limit.refused(400)
    limit.refused(900)
    assert (limit.bytes, limit.learnt) == (200, 200)


def test_a_body_whose_parts_all_passed_is_too_long_by_inference() -> None:
    """But not less than what passed of it, or what was accepted before."""
    limit = BodyLimit(1000)
    limit.accepted(300)
    limit.blamed(500, 200)
    assert limit.bytes == 300
    limit.blamed(290, 10)
    assert limit.bytes == 300, "a chain of accidents"


def test_it_never_becomes_less_than_an_array_takes() -> None:
    """Two brackets."""
    limit = BodyLimit(1000)
    limit.refused(1)
    assert limit.bytes == 2

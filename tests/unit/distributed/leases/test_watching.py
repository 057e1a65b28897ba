"""A holder's time begins before its sign, that of who watches after it: so the first is over before the second."""

from __future__ import annotations

from bulk_importer.distributed.leases.watching import Tenure, Watch


def test_a_lease_holds_from_the_start_of_its_claim() -> None:
    """However long the answer took."""
    tenure = Tenure(10, started=100)
    assert tenure.holds(109.9)
    assert not tenure.holds(110)


def test_a_sign_counts_from_its_start() -> None:
    """Not from its answer."""
    tenure = Tenure(10, started=100)
    assert tenure.renew(started=104, now=109)
    assert tenure.holds(113.9)
    assert not tenure.holds(114)


def test_a_sign_that_is_answered_late_changes_nothing() -> None:
    """Who takes over may have looked in between."""
    tenure = Tenure(10, started=100)
    assert not tenure.renew(started=109, now=110)
    assert not tenure.holds(105), "it never holds again"


def test_a_lease_that_was_ended_never_holds_again() -> None:
    """A sign does not help."""
    tenure = Tenure(10, started=100)
    tenure.end()
    assert not tenure.holds(101)
    assert not tenure.renew(started=101, now=102)


def test_silence_counts_from_the_first_answer_to_the_last_question() -> None:
    """So what is slow makes it shorter, never longer."""
    watch = Watch()
    watch.see(b"one", asked=0, answered=50)
    assert watch.see(b"one", asked=60, answered=90) == 10
    watch.see(b"two", asked=91, answered=92)
    assert watch.see(b"two", asked=95, answered=95) == 3


def test_a_lease_is_over_after_its_time_and_a_margin() -> None:
    """For what clocks differ in speed."""
    assert not Watch.is_over(60, 60.5)
    assert Watch.is_over(60, 66.1)

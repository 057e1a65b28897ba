"""Which media the input mentions is followed in bounded memory, and what a later entry wipes is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.labels.entry import key_of
from bulk_importer.model import EntryRun, KeepData, Severity
from bulk_importer.pipeline.wiped.mentions import Mentions
from support.entries import run_of
from support.profiles import examples

MISSING, TRUE, FALSE = KeepData.MISSING, KeepData.TRUE, KeepData.FALSE


def run_in(*entries: tuple[str, KeepData], first: int = 0) -> EntryRun:
    """A run of these media, ten bytes each with the comma."""
    ids, keeps = [media_id for media_id, _ in entries], [keep for _, keep in entries]
    positions = range(first, first + len(ids))
    return run_of(ids, [b'"entries"'] * len(ids), positions=positions, keeps=keeps, offset=100)


def test_a_later_entry_that_replaces_is_named() -> None:
    """Also across runs, and by lane."""
    mentions = Mentions()
    assert mentions.follow(run_in(("a", FALSE), ("b", TRUE), ("A", TRUE))) == []
    (finding,) = mentions.follow(run_in(("c", FALSE), ("a", FALSE), first=3))
    assert (finding.position, finding.offset, finding.media_id) == (4, 110, "a")
    assert (finding.code, finding.severity) == ("earlier-entry-wiped", Severity.WARNING)
    assert len(mentions) == 3
    assert mentions.is_complete


def test_entries_that_append_wipe_nothing() -> None:
    """keepData true or missing."""
    assert Mentions().follow(run_in(("a", FALSE), ("a", TRUE), ("a", MISSING))) == []


@pytest.mark.parametrize("few_media", [0, 100, 5000, 50_000])
def test_many_media_are_followed_whatever_holds_them(few_media: int) -> None:
    mentions = Mentions(few_media=few_media)
    for start in range(0, 20_000, 1000):
        assert mentions.follow(run_in(*((f"m{start + n}", FALSE) for n in range(1000)), first=start)) == []
    assert len(mentions) == 20_000
    again = mentions.follow(run_in(*((f"m{n}", FALSE) for n in range(0, 40_000, 7)), first=20_000))
    assert [finding.media_id for finding in again] == [f"m{n}" for n in range(0, 20_000, 7)]
    assert len(mentions) == 20_000 + len(range(20_006, 40_000, 7))


@pytest.mark.parametrize("few_media", [0, 10])
def test_beyond_its_bound_it_says_that_it_does_not_know(few_media: int) -> None:
    mentions = Mentions(most_media=3, few_media=few_media, severity=Severity.ERROR)
    mentions.follow(run_in(("a", TRUE), ("b", TRUE)))
    (found,) = mentions.follow(run_in(("b", FALSE), first=2))
    assert (found.media_id, found.severity, mentions.is_complete) == ("b", Severity.ERROR, True)
    mentions.follow(run_in(("c", TRUE), ("d", TRUE), first=3))
    assert not mentions.is_complete
    assert mentions.follow(run_in(("b", FALSE), first=4)) == []


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(KeepData)), max_size=40),
    st.integers(0, 40),
    st.sampled_from([0, 3, 1000]),
)
def test_what_an_earlier_process_followed_is_as_good_as_what_this_one_did(
    entries: list[tuple[str, KeepData]], told: int, few_media: int
) -> None:
    """Wherever the line between the two was, and whether or not elements before it were no entries."""
    whole, later = Mentions(), Mentions(few_media=few_media)
    before = whole.follow(run_in(*entries[:told]))
    assert all(finding.position < told for finding in before)
    later.recall([key_of(media_id) for media_id, _ in entries[:told]] + [0, 0])
    rest = run_in(*entries[told:], first=len(entries[:told]) + 2)
    assert later.follow(rest) == whole.follow(rest)
    assert len(later) == len(whole) == len({media_id for media_id, _ in entries})


@settings(max_examples=examples(40))  # a table is looked through slot by slot, in a fifth of a second
@given(
    st.lists(st.sampled_from("abcdefgh"), max_size=20),
    st.lists(st.sampled_from("abcdefgh"), max_size=20),
    st.sampled_from([0, 3, 1000]),
    st.sampled_from([0, 3, 1000]),
)
def test_what_two_inputs_mention_can_be_joined(
    mine: list[str], theirs: list[str], few_of_mine: int, few_of_theirs: int
) -> None:
    """Whatever holds them; and looking for media among them adds none."""
    joined, other = Mentions(few_media=few_of_mine), Mentions(few_media=few_of_theirs)
    joined.recall([key_of(media_id) for media_id in mine])
    other.recall([key_of(media_id) for media_id in theirs])
    joined.join(other)
    known = {*mine, *theirs}
    places = joined.among([key_of(media_id) for media_id in "abcdefgh"])
    assert places == [place for place, media_id in enumerate("abcdefgh") if media_id in known]
    assert (len(joined), len(other)) == (len(known), len(set(theirs)))


def test_what_is_joined_with_what_is_not_known_is_not_known() -> None:
    mentions, other = Mentions(), Mentions()
    other.forget()
    mentions.join(other)
    assert not mentions.is_complete

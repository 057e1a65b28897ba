"""Whatever the server refuses, each entry is settled once, in order, and within the bound on requests."""

from __future__ import annotations

from math import ceil, log2

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.datagym.answers.verdicts import Accept, Again, AgainInPart, Cause, Refuse
from bulk_importer.transfer.isolation.parts import Isolation, Part

# How an entry is bad: found by the schema, by its meaning, by crashing the server, or by its size.
BADNESS = st.sampled_from(["schema", "meaning", "crash", "size"])


def judge(part: Part, bad: dict[int, str], passing: Cause | None) -> Accept | Again | AgainInPart | Refuse:
    """A server's answer: the checks in the order in which the real one makes them."""
    if passing is not None:
        return Again(passing, "passing")
    kinds = {bad[index] for index in part.indexes if index in bad}
    if "size" in kinds:
        return Again(Cause.TOO_LARGE, "413")
    if "crash" in kinds:
        return Again(Cause.CONFLICT, "ex_system")
    named = {at: {"": ("no",)} for at, index in enumerate(part.indexes) if bad.get(index) == "schema"}
    if named:
        return AgainInPart(named, "Schema validation failed")
    return Refuse("ex_gen_wrong_entry_id", ("x",), "no") if "meaning" in kinds else Accept()


@given(
    st.integers(1, 80).flatmap(
        lambda entries: st.tuples(
            st.just(entries), st.dictionaries(st.integers(0, entries - 1), BADNESS, max_size=12)
        )
    ),
    st.lists(
        st.sampled_from([None, None, None, Cause.CONFLICT, Cause.THROTTLED, Cause.UNAVAILABLE]), max_size=60
    ),
)
def test_every_entry_is_settled_once_and_in_order(
    batch: tuple[int, dict[int, str]], passing: list[Cause | None]
) -> None:
    """Deadlocks and outages in between included; innocents are never condemned, culprits never delivered."""
    entries, bad = batch
    isolation = Isolation(entries, split_after=2, alone_attempts=70)
    troubles = iter(passing)
    delivered, refused = list[int](), list[int]()
    while (part := isolation.part) is not None:
        owed = isolation.remaining()
        assert list(owed) == sorted(set(range(entries)) - set(delivered) - set(refused))
        settled = isolation.judged(judge(part, bad, next(troubles, None)))
        assert set(settled.delivered) | {each.index for each in settled.refused} <= set(part.indexes)
        delivered += settled.delivered
        refused += [each.index for each in settled.refused]
    assert delivered == [index for index in range(entries) if index not in bad]
    assert sorted(refused) == sorted(bad)


@given(
    st.integers(1, 600).flatmap(
        lambda entries: st.tuples(
            st.just(entries), st.sets(st.integers(0, entries - 1), min_size=1, max_size=40)
        )
    )
)
def test_the_bound_on_requests_holds_for_any_culprits(batch: tuple[int, set[int]]) -> None:
    """2·⌈log2 n⌉ for one; for k the upper part of the tree is shared."""
    entries, culprits = batch
    isolation = Isolation(entries)
    requests = -1
    while (part := isolation.part) is not None:
        requests += 1
        isolation.judged(judge(part, dict.fromkeys(culprits, "meaning"), None))
    many = len(culprits)
    assert requests <= many * (2 * max(0, ceil(log2(entries / many))) + 2) + 2 * many
    assert many > 1 or requests <= 2 * ceil(log2(entries))

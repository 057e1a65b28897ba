"""However a server changes: nothing is lost or doubled, nobody innocent is rejected, every culprit is, and it ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.around.simulated_time import run_in_simulated_time
from support.profiles import examples
from support.weather.running import Interruption, Story, tell
from support.weather.server import Poison, Trouble, Window

SECONDS = st.one_of(st.floats(0, 10), st.floats(0, 120), st.floats(0, 8000))
stories = st.builds(
    Story,
    media=st.lists(st.sampled_from("abcdefghijklmnop"), min_size=1, max_size=40),
    poison=st.dictionaries(st.integers(0, 39), st.sampled_from(Poison), max_size=6),
    windows=st.lists(
        st.builds(Window, trouble=st.sampled_from(Trouble), begin=SECONDS, seconds=SECONDS), max_size=5
    ),
    interruptions=st.lists(st.tuples(st.sampled_from(Interruption), SECONDS), max_size=3),
    max_entries=st.integers(1, 8),
    in_flight=st.integers(1, 4),
    latency=st.sampled_from([0.05, 0.5, 5.0]),
    deadlocks=st.sampled_from([0.0, 0.2, 0.7]),
    feeding=st.sampled_from([0.0, 0.0, 0.3, 5.0]),
    max_outage=st.sampled_from([3600.0, 60.0]),
    seed=st.integers(0, 1 << 32),
)


def many(entries: int) -> str:
    """So many media, each with one entry."""
    return "".join(map(chr, range(0x4E00, 0x4E00 + entries)))


BADLY_ENDED = {
    "a run begins while the database cannot be written": Story(
        media=many(40), windows=[Window(Trouble.UNWRITABLE, 0, 1000)], max_outage=60.0
    ),
    "a source is read slowly": Story(
        media=many(14), windows=[Window(Trouble.UNWRITABLE, 3, 2000)], max_entries=2, in_flight=4, feeding=5.0
    ),
    "the patience ends during a try": Story(
        media=many(40), windows=[Window(Trouble.UNWRITABLE, 115, 1000)], feeding=5.0, max_outage=60.0
    ),
    "others were accepted before it failed alone": Story(
        media=many(25),
        poison={5: Poison.SCHEMA},
        windows=[Window(Trouble.UNWRITABLE, 2.306226165103422, 75.56718670185126)],
        max_entries=2,
        in_flight=4,
        latency=0.5,
        deadlocks=0.7,
        seed=1179,
    ),
    "a firewall, then no database, then another gateway": Story(
        media=many(19),
        poison={16: Poison.FORBIDDEN},
        windows=[Window(Trouble.NO_DATABASE, 0.4, 6500), Window(Trouble.FORBIDDING, 5.0, 50)],
        max_entries=2,
        latency=0.05,
        seed=3694,
    ),
    "one that nothing passed before, then another gateway": Story(
        media=many(9),
        windows=[
            Window(Trouble.NO_DATABASE, 0.05880626334825889, 15.794643953609178),
            Window(Trouble.THROTTLED, 1.405774828105616, 15.61563516600049),
            Window(Trouble.UNWRITABLE, 26.29393696036427, 33.68865485961709),
            Window(Trouble.FORBIDDING, 34.15771652012181, 10.873612950893357),
        ],
        max_entries=2,
        latency=0.05,
        max_outage=60.0,
        seed=501132,
    ),
    "more culprits in a row than may be set aside, then an innocent": Story(
        media=many(9), poison=dict.fromkeys(range(8), Poison.CRASH)
    ),
    "more culprits in a row than may lose their answers, then innocents": Story(
        media=many(9), poison=dict.fromkeys(range(6), Poison.LOST)
    ),
    "what follows the culprit in its lane is all that is left": Story(
        media="abcb", poison={1: Poison.LOST}, latency=5.0
    ),
    "culprits that lose their answers are all that is left": Story(
        media=many(12), poison=dict.fromkeys((0, 3, 6, 9), Poison.LOST), max_entries=2, latency=0.5
    ),
}


@pytest.mark.parametrize("story", BADLY_ENDED.values(), ids=BADLY_ENDED)
def test_stories_that_once_ended_badly(story: Story) -> None:
    """Kept, so that they do not come back."""
    run_in_simulated_time(tell(story))


@settings(max_examples=examples(50))
@given(story=stories)
def test_everything_is_settled_as_it_should_be(story: Story) -> None:
    """Over outages, deadlocks, lost answers, poison, stops and kills."""
    run_in_simulated_time(tell(story))


@pytest.mark.campaign
@pytest.mark.timeout(7200)
@settings(max_examples=examples(20_000))
@given(story=stories)
def test_everything_is_settled_as_it_should_be_thousands_of_times(story: Story) -> None:
    """The same, for as long as it takes."""
    run_in_simulated_time(tell(story))

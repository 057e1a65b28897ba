"""Media that come in several blocks are found, whether their keys fit into memory or not."""

from __future__ import annotations

from array import array
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.distributed.planning.division.columns import Columns
from bulk_importer.distributed.planning.division.repeats import repeated_keys
from bulk_importer.errors import ExitCode, Interrupted

_KEYS = st.one_of(
    st.integers(0, 20), st.integers(2**64 - 20, 2**64 - 1), st.sampled_from([1 << 32, 17 << 40])
)


@given(st.lists(st.lists(_KEYS, max_size=12), max_size=12), st.sampled_from([1, 3, 1000]))
def test_what_a_plain_count_finds_is_found(blocks: list[list[int]], most_keys: int) -> None:
    """Each key once; none that is in one block alone, and not the 0 of elements without a media."""
    homes = defaultdict(set)
    for number, block in enumerate(blocks):
        for key in block:
            homes[key].add(number)
    wanted = {key for key, numbers in homes.items() if key and len(numbers) > 1}
    with TemporaryDirectory() as folder, Columns(Path(folder)) as columns:
        keys = columns.new()
        keys.append(array("Q", [key for block in blocks for key in block]))
        keys.end()
        found = [*repeated_keys(keys, list(map(len, blocks)), columns, lambda: None, most_keys=most_keys)]
    together = [key for each in found for key in each]
    assert len(together) == len(set(together))
    assert set(together) == wanted


def test_whoever_does_not_wait_any_more_ends_it(tmp_path: Path) -> None:
    """As Ctrl-C does, which must not wait for a thread."""

    def go_on() -> None:
        raise Interrupted("stopped", ExitCode.INTERRUPTED)

    with Columns(tmp_path) as columns:
        keys = columns.new()
        keys.append(array("Q", range(10)))
        keys.end()
        with pytest.raises(Interrupted):
            list(repeated_keys(keys, [5, 5], columns, go_on, most_keys=2))
    assert not list(tmp_path.iterdir())

"""Numbers that occur more than once."""

from __future__ import annotations

from array import array
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.formats.documents.coco.repeated import repeated


@given(st.lists(st.integers(-9, 9) | st.integers(-(2**63), 2**63 - 1)) | st.permutations(range(20)))
def test_what_is_found_occurs_twice(numbers: list[int]) -> None:
    """And nothing that does is missed, be they close together or not."""
    assert repeated(array("q", numbers)) == {each for each, count in Counter(numbers).items() if count > 1}

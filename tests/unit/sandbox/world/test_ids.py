"""Ids look random, are different, and lead back to what they name."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.sandbox.world.ids import IdKind, Ids

_numbers = st.integers(0, 2**40)


@given(st.integers(0, 2**62), st.sampled_from(IdKind), _numbers)
def test_an_id_is_a_uuid_and_leads_back_to_its_row_in_any_case(seed: int, kind: IdKind, number: int) -> None:
    ids = Ids(seed)
    text = ids.text(kind, number)
    assert uuid.UUID(text).version == 4
    assert str(uuid.UUID(text)) == text
    assert ids.number(kind, text) == number
    assert ids.number(kind, text.upper()) == number


@given(st.sampled_from(IdKind), st.sampled_from(IdKind), _numbers, _numbers)
def test_two_rows_have_two_ids(kind: IdKind, other_kind: IdKind, number: int, other: int) -> None:
    ids = Ids(1)
    assert (ids.text(kind, number) == ids.text(other_kind, other)) == ((kind, number) == (other_kind, other))


@given(st.text(max_size=40) | st.uuids().map(str) | st.from_regex(r"[0-9a-fA-F-]{36}", fullmatch=True))
def test_what_is_no_id_names_nothing(text: str) -> None:
    number = Ids(1).number(IdKind.MEDIA, text)
    assert number is None or Ids(1).text(IdKind.MEDIA, number) == text.lower()


def test_an_id_of_another_kind_or_seed_names_nothing() -> None:
    text = Ids(1).text(IdKind.MEDIA, 1)
    assert Ids(1).number(IdKind.TASK, text) is None
    assert Ids(2).number(IdKind.MEDIA, text) is None


@pytest.mark.parametrize(("task", "sequence"), [(1, 1), (700_000, 2**32 - 1)])
def test_a_value_knows_its_task(task: int, sequence: int) -> None:
    ids = Ids(1)
    assert ids.value_number(ids.value(task, sequence)) == (task, sequence)
    assert ids.value_number(ids.point(task, sequence, 5)) is None


def test_neighbours_differ_in_every_part() -> None:
    ids = Ids(1)
    first, second = ids.text(IdKind.MEDIA, 1).split("-"), ids.text(IdKind.MEDIA, 2).split("-")
    assert all(one != other for one, other in zip(first, second, strict=True))

"""How a lease stands is told from the names at its place."""

from __future__ import annotations

from bulk_importer.distributed.leases.claims import Names, standing


def test_where_there_are_no_names_it_was_never_taken() -> None:
    """Names of others do not count."""
    found = ["work/00017/lease-000001", "work/00018/epoch-000001/log", "seats/1/lease-000001"]
    stand = standing("work/00018", found)
    assert stand.names == Names("work/00018", 0)
    assert not stand.is_free


def test_the_last_epoch_counts() -> None:
    """By number, also when there are more digits than usual."""
    found = [f"seats/3/lease-{epoch:06d}" for epoch in (999_999, 1_000_000)]
    assert standing("seats/3", found).names.epoch == 1_000_000


def test_only_the_last_epoch_can_be_free() -> None:
    """That one before it was given back is history."""
    found = ["seats/3/lease-000001", "seats/3/free-000001"]
    assert standing("seats/3", found).is_free
    assert not standing("seats/3", [*found, "seats/3/lease-000002"]).is_free


def test_all_but_the_last_epochs_are_old() -> None:
    """Their claims go last, as the others are found by them."""
    found = [Names("s", epoch).lease for epoch in range(1, 11)]
    assert standing("s", found).old == (
        *(f"s/{kind}-000001" for kind in ("beat", "free", "lease")),
        *(f"s/{kind}-000002" for kind in ("beat", "free", "lease")),
    )
    assert standing("s", found[2:]).old == ()

"""What measures `check` against a baseline understands what both say, so that it still runs when somebody needs it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench_check import Bench


def test_both_read_all_of_a_small_corpus(tmp_path: Path) -> None:
    """And ours knows every media of it."""
    bench = Bench(tmp_path, "documented", 100_000, 1)
    ours, baseline = bench.ours(bench.listed(bench.entries)), bench.baseline()
    assert bench.row("all rings", [ours])["entries"] == bench.entries
    assert bench.row("baseline", [baseline])["entries"] == bench.entries

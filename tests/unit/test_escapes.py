"""What other people named is shown on a terminal, and not obeyed by it."""

from __future__ import annotations

import pytest

from bulk_importer.escapes import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\n\tlines", "two\n\tlines"),
        ("Straße\u00a0日本 👩\u200d🔧 שלום", "Straße\u00a0日本 👩\u200d🔧 שלום"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("gone\rback\x7f\x9b", "gone\\rback\\x7f\\x9b"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
    ],
)
def test_what_a_terminal_would_obey_is_seen(text: str, shown: str) -> None:
    """And what makes letters of the scripts of the world stays as it is."""
    assert visible(text) == shown

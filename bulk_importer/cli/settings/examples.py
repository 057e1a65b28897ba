"""The example settings files of `config/`, which the wheel carries along."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.errors import UsageError
from bulk_importer.settings import did_you_mean

__all__ = ["example_names", "example_text"]

_PACKAGE = Path(__file__).parents[2]
_CARRIED = _PACKAGE / "examples"
_FOLDER = _CARRIED if _CARRIED.is_dir() else _PACKAGE.parent / "config"
"""Where they are: in an installed wheel, else in a checkout."""


def example_names() -> list[str]:
    """The names of the examples, without `.toml`."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def example_text(name: str) -> str:
    """The text of the example settings file of this name.

    Raises:
        UsageError: there is no such example; the nearest name is given.
    """
    known = example_names()
    if name not in known:
        raise UsageError(
            f"There is no example {name!r}.{did_you_mean(name, known)} There are: {', '.join(known) or 'none here'}."
        )
    return (_FOLDER / f"{name}.toml").read_text("utf-8").rstrip("\n")

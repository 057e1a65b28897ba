"""The example settings files of `config/`, which the wheel carries along."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.errors import UsageError
from bulk_importer.settings import nearest

__all__ = ["example_names", "example_text"]

_PACKAGE = Path(__file__).parents[2]
_CARRIED = _PACKAGE / "examples"
_FOLDER = _CARRIED if _CARRIED.is_dir() else _PACKAGE.parent / "config"
"""Where they are: in an installed wheel, else in a checkout."""


def example_names() -> list[str]:
    """The names of the examples, without `.toml`."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def example_text(name: str) -> str:
    """The text of one of them.

    Raises:
        UsageError: there is none of that name.
    """
    known = example_names()
    if name not in known:
        raise UsageError(
            f"There is no example {name!r}.{nearest(name, known)} There are: {', '.join(known) or 'none here'}."
        )
    return (_FOLDER / f"{name}.toml").read_text("utf-8").rstrip("\n")

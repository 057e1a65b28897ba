"""A place is a folder, or below a URL of a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.distributed.places.open import open_place
from bulk_importer.errors import UsageError


def test_a_path_is_a_folder(tmp_path: Path) -> None:
    """Whether or not it is there."""
    place = open_place(str(tmp_path / "plan"))
    assert place.name == str(tmp_path / "plan")
    assert place.folder == tmp_path / "plan"


def test_what_is_not_known_is_a_mistake() -> None:
    """It is said what is."""
    with pytest.raises(UsageError, match="ftp:// is not known"):
        open_place("ftp://host/plan")

"""What a program may use is typed, used in `tests/typing/api.py`, and named in the README: the same names each time."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

import bulk_importer
from support.places import TOP

README = (TOP / "README.md").read_text().split("## From a program\n")[1].split("\n## ")[0]
PROMISED = set(bulk_importer.__all__)


def test_the_typed_program_uses_every_public_name() -> None:
    """It imports no other from the package, and what it imports it uses, or the linter complains."""
    tree = ast.parse((TOP / "tests" / "typing" / "api.py").read_text())
    imports = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "bulk_importer"
    ]
    assert {alias.name for node in imports for alias in node.names} == PROMISED


def test_the_readme_names_every_public_name() -> None:
    """In code, and no other of this package."""
    text = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    words = set(re.findall(r"[A-Za-z_]+", " ".join(re.findall(r"`([^`]+)`", text))))
    assert not PROMISED - words
    shown = re.findall(r"from bulk_importer import (.*)", README)
    assert {name for line in shown for name in line.split(", ")} <= PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_every_public_name_says_what_it_is(name: str) -> None:
    """A function with its arguments, what it gives and what it raises."""
    made = getattr(bulk_importer, name)
    if inspect.isfunction(made):
        said = inspect.getdoc(made) or ""
        assert all(f"`{each}`" in said or f"{each}: " in said for each in inspect.signature(made).parameters)
        assert "Raises:\n" in said
        assert "Returns:\n" in said
    elif inspect.isclass(made):
        assert made.__doc__

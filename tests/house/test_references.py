"""What prose names by its path exists: `package.module.name` in docstrings, comments and documents.

A reference is in backticks, has a dot, and begins with a package or module of the importer, or with one that lies in
the folder of the text or in one above it. Names of files are none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from support.places import TOP
from support.prose import comments, docstrings

PACKAGE = TOP / "bulk_importer"
DOCUMENTS = [TOP / "README.md", *sorted((TOP / ".github").glob("*.md"))]
REFERENCE = re.compile(r"`((?:bulk_importer\.)?[a-z_]+(?:\.[A-Za-z_]\w*)+)(?:\(\))?`")
SUFFIXES = {
    "csv",
    "damaged",
    "html",
    "json",
    "jsonl",
    "lock",
    "md",
    "new",
    "py",
    "sh",
    "svg",
    "toml",
    "txt",
    "yml",
}


@cache
def names_in(path: Path) -> dict[str, ast.AST]:
    """What a module defines or imports at its top, and what `__all__` of a package names."""
    return dict(_defined(ast.parse(path.read_text()).body)) if path.is_file() else {}


def _defined(body: list[ast.stmt]) -> Iterator[tuple[str, ast.AST]]:
    for node in body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name, node
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=elements)):
                yield from ((str(each.value), each) for each in elements if isinstance(each, ast.Constant))
            case ast.Assign(targets=targets):
                yield from ((each.id, node) for each in targets if isinstance(each, ast.Name))
            case ast.ImportFrom(names=aliases):
                yield from ((alias.asname or alias.name, node) for alias in aliases)
            case ast.If() | ast.Try():
                yield from _defined(node.body)
            case _:
                pass


def members(owner: ast.ClassDef) -> set[str]:
    """The methods, fields and attributes of a class."""
    attributes = {
        node.attr
        for node in ast.walk(owner)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    return attributes | dict(_defined(owner.body)).keys()


def exists(folder: Path, parts: list[str]) -> bool:
    """Whether these parts lead somewhere from `folder` on."""
    first, *rest = parts
    if (folder / first).is_dir():
        return not rest or exists(folder / first, rest)
    module = folder / f"{first}.py"
    if not module.is_file():
        return first in names_in(folder / "__init__.py")
    if not rest:
        return True
    found = names_in(module).get(rest[0])
    return found is not None and (
        len(rest) == 1
        or not isinstance(found, ast.ClassDef)
        or bool(found.bases)
        or rest[1] in members(found)
    )


def starts(folder: Path, first: str) -> list[Path]:
    """The folders from which a reference that begins with `first` may be meant: where the text stands, and above."""
    above = [each for each in (folder, *folder.parents) if each.is_relative_to(PACKAGE)] or [PACKAGE]
    return [each for each in above if (each / first).is_dir() or (each / f"{first}.py").is_file()]


def stale(folder: Path, text: str) -> list[str]:
    """The references of a text that lead nowhere."""
    missing = []
    for reference in REFERENCE.findall(text):
        parts = reference.removeprefix("bulk_importer.").split(".")
        places = starts(folder, parts[0])
        if places and parts[-1] not in SUFFIXES and not any(exists(place, parts) for place in places):
            missing.append(reference)
    return missing


def texts(path: Path) -> list[str]:
    """The prose of a file."""
    text = path.read_text()
    return [*comments(text), *docstrings(text)] if path.suffix == ".py" else [text]


def test_a_reference_is_followed_to_its_end() -> None:
    """Packages, modules, names, members; from where the text stands; names of files are no references."""
    transfer = PACKAGE / "transfer"
    good = "`spans.SpanSet.add`, `transfer.adaptive.gate`, `adaptive.gate.Gate`, `bulk_importer.errors`, `model.json`"
    assert stale(transfer, good) == []
    assert stale(PACKAGE, "`adaptive.gate.Gone`") == []
    bad = ["spans.SpanSet.gone", "adaptive.gone", "adaptive.gate.Gone", "transfer.gone.Gate"]
    assert stale(transfer, " ".join(f"`{each}`" for each in bad)) == bad


@pytest.mark.parametrize(
    "path", [*sorted(PACKAGE.rglob("*.py")), *DOCUMENTS], ids=lambda path: path.relative_to(TOP).as_posix()
)
def test_what_prose_names_exists(path: Path) -> None:
    """A comment that names a symbol changes with it."""
    assert [each for text in texts(path) for each in stale(path.parent, text)] == []

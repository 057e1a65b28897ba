"""What code and documents cite of the protocol stands in `vectors/PROTOCOL.md`, and is cited so that one finds it."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path

import pytest

from bulk_importer.datagym import routes
from support.places import TOP
from support.prose import comments, docstrings

PROTOCOL = TOP / "tests" / "vectors" / "PROTOCOL.md"
TEXT = PROTOCOL.read_text()

_SECTION = r"[1-6]\.\d{1,2}(?!\.?\d)"
_PLACES = r"(?:\s+(?:rows?|steps?)\s+\d+(?:(?:,|\s+and|\s+to)\s+\d+(?!\.?\d))*)?"
CITATION = re.compile(
    rf"\bprotocol\s+(?:{_SECTION}|[1-6](?!\.?\d)){_PLACES}(?:(?:,|\s+and|\s+to)\s+{_SECTION}{_PLACES})*",
    re.IGNORECASE,
)
"""`protocol 2.6`, `protocol 2.6 rows 3, 6`, `protocol 2.6, 2.7`, `protocol 2.6 to 2.10`; lines may break between."""
BARE = re.compile(
    rf"(?:^|[(;,])\s*{_SECTION}(?=[):;,]|\s+rows?\b)|\bsections?\s+{_SECTION}|\brows?\s+\d",
    re.MULTILINE | re.IGNORECASE,
)
"""What a citation without its word looks like; other numbers with a point have a unit behind them."""


def sources() -> list[Path]:
    """The Python files of the project."""
    folders = ("bulk_importer", "tests", "benchmarks")
    return [path for folder in folders for path in sorted((TOP / folder).rglob("*.py"))]


def documents() -> list[Path]:
    """What else of the project may cite: prose and settings."""
    folders = ("bulk_importer", "tests", "benchmarks", "config", ".github")
    below = [path for folder in folders for path in sorted((TOP / folder).rglob("*.*"))]
    texts = [path for path in below if path.suffix in {".md", ".toml", ".html", ".yml"} and path != PROTOCOL]
    return [*sorted(TOP.glob("*.md")), *texts]


@cache
def prose(path: Path) -> tuple[str, ...]:
    """What a file says to people; nothing of one that has no number that could be a citation."""
    text = path.read_text()
    if path.suffix != ".py":
        return (text,)
    if not re.search(
        rf"protocol\s+#?\s*\d|sections?\s+\d|\brows?\s+\d|{_SECTION}[):;,]", text, re.IGNORECASE
    ):
        return ()
    return (*comments(text), *docstrings(text))


def said(text: str) -> set[str]:
    """The sections, rows (`2.6 row 4`) and steps that the text of a citation names."""
    names = set()
    for part in re.finditer(rf"({_SECTION}|(?<=protocol\s)[1-6]){_PLACES}", text, re.IGNORECASE):
        names.add(part[1])
        numbers = re.findall(r"\d+", part[0][len(part[1]) :])
        names |= {f"{part[1]} {'step' if 'step' in part[0] else 'row'} {number}" for number in numbers}
    return names


def written() -> set[str]:
    """The sections, rows and steps that the protocol has."""
    names: set[str] = set()
    section = ""
    for line in TEXT.splitlines():
        if heading := re.match(r"#+ (\d(?:\.\d+)?)\b", line):
            section = heading[1]
            assert section not in names, f"{section} stands twice"
            names.add(section)
        elif row := re.match(r"\| (\d+) \|", line):
            names.add(f"{section} row {row[1]}")
        elif step := re.match(r"(\d+)\. ", line):
            names.add(f"{section} step {step[1]}")
    return names


CITING = {
    path.relative_to(TOP).as_posix(): found
    for path in [*sources(), *documents()]
    if (found := [citation[0] for text in prose(path) for citation in CITATION.finditer(text)])
}


def test_a_citation_is_read_as_it_is_meant() -> None:
    """Lists, ranges, rows and breaks between lines."""
    cases = {
        "(protocol 2.6,\n2.7)": {"2.6", "2.7"},
        "Protocol 5: all": {"5"},
        "protocol 2.6 rows 3, 6 and 12, protocol 2.7": {"2.6", "2.6 row 3", "2.6 row 6", "2.6 row 12", "2.7"},
        "protocol 2.3 step 7, 2.8, 2.9:": {"2.3", "2.3 step 7", "2.8", "2.9"},
        "protocol 2.6 to 2.10.": {"2.6", "2.10"},
        "the protocol, 2.5 seconds": set(),
    }
    for text, names in cases.items():
        assert {name for citation in CITATION.finditer(text) for name in said(citation[0])} == names


@pytest.mark.parametrize("path", sorted(CITING))
def test_what_is_cited_is_written_down(path: str) -> None:
    """Whoever follows a citation arrives."""
    missing = {name for citation in CITING[path] for name in said(citation)} - written()
    assert not missing


def test_the_sections_are_used() -> None:
    """The pattern above finds citations at all: in the importer, in the sandbox and in tests."""
    assert len(CITING) > 25
    assert {path.split("/")[1] for path in CITING if path.startswith("bulk_importer")} >= {
        "datagym",
        "sandbox",
    }


def test_no_section_is_cited_without_saying_of_what() -> None:
    """`2.6 row 4` alone means nothing to somebody who does not know the protocol by its numbers."""
    bare = {
        path.relative_to(TOP).as_posix(): found
        for path in [*sources(), *documents()]
        if path.suffix in {".py", ".md"}
        and path != Path(__file__)
        and (found := [found[0] for text in prose(path) for found in BARE.finditer(CITATION.sub("", text))])
    }
    assert not bare


def test_the_protocol_refers_to_sections_that_it_has() -> None:
    """There the word is left out."""
    inside = set(re.findall(rf"[(,]\s*({_SECTION})(?=[),])", TEXT)) | set(
        re.findall(rf"\b({_SECTION} row \d+)", TEXT)
    )
    assert len(inside) > 10
    assert not inside - written()


def test_every_route_that_the_importer_asks_is_described() -> None:
    """Whoever changes one knows what it answers."""
    described = re.sub(r"\{\w+\}", "{}", TEXT)
    asked = re.findall(r'"(/api/[^"?]+)', re.sub(r"\{[^}]+\}", "{}", inspect.getsource(routes)))
    assert len(asked) > 8
    assert not [path for path in asked if path not in described]


def test_every_key_of_an_error_is_described() -> None:
    """Those that the importer knows, and those that the sandbox answers with."""
    package = {path: path.read_text() for path in (TOP / "bulk_importer").rglob("*.py")}
    known = {key for text in package.values() for key in re.findall(r"\"(ex_[a-z_A-Z]+[a-zA-Z])\"", text)}
    generic = {key for text in package.values() for key in re.findall(r"\bgeneric\(\"(\w+)\"", text)}
    assert {"ex_system", "ex_limit"} <= known
    assert "wrong_entry_id" in generic
    assert not [
        key for key in {*known, *(f"ex_gen_{key}" for key in generic)} if not re.search(rf"\b{key}\b", TEXT)
    ]

"""Texts that people read say it as they would: the glossary's words stay in keys and in the code.

What commands really write is looked at wherever tests run them: see `odd_words`, and who calls it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bulk_importer.cli.help.exit_codes import MEANINGS
from bulk_importer.cli.main import COMMANDS, whole_parser
from bulk_importer.errors import ExitCode
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.observe import summary_text
from bulk_importer.summary import RunState, Summary, Tally
from support.places import TOP
from support.prose import odd_words, phrases

PACKAGE = TOP / "bulk_importer"
WRITTEN = [
    TOP / "README.md",
    TOP / "CHANGELOG.md",
    *sorted((TOP / "config").glob("*.toml")),
    *sorted((PACKAGE / "cli" / "help" / "pages").glob("*.txt")),
]
# The sandbox says what a DataGym says, and the schema in which the log keeps entries says nothing to people.
NOT_OURS = {"sandbox/refusals.py", "sandbox/context.py"}


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("9 entries are owed", ["owed"]),
        ("It goes on; the rest is in doubt.", ["goes on", "in doubt"]),
        ("Mend /a/mended.json, or labels.mended.json", ["Mend"]),
        ("[Errno 2] No such file", ["[Errno"]),
        ("it answers ex_system", ["ex_s"]),
        ("the server failed inside (ex_system)", []),
        ("all 1 entries, 1 more sources, 21 entries, 0.1 requests", ["1 entries", "1 more sources"]),
        ('{"owed": 3, "why": "it goes on"}', []),
    ],
)
def test_odd_words_are_found_and_nothing_else(text: str, odd: list[str]) -> None:
    """Names of files, and JSON, may be as they are."""
    assert odd_words(text) == odd


def test_no_text_of_the_program_has_an_odd_word() -> None:
    """Of any module: all that stands between quotation marks and has several words."""
    found = [
        (path.relative_to(PACKAGE).as_posix(), text, odd)
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).as_posix() not in NOT_OURS
        for text in phrases(path.read_text())
        if (odd := odd_words(text))
    ]
    assert not found


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_no_document_for_users_has_an_odd_word(path: Path) -> None:
    """Code in it is the program's concern."""
    prose = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    assert not odd_words(prose)


def test_no_help_page_has_an_odd_word() -> None:
    """Of any command, with all its options."""
    commands = whole_parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]  # argparse has no other way
    assert set(commands) == set(COMMANDS)  # type: ignore[arg-type]  # a mapping, where there are subparsers
    for name, parser in commands.items():  # type: ignore[union-attr]  # likewise
        assert not odd_words(parser.format_help()), name


def test_no_finding_and_no_exit_code_is_explained_in_odd_words() -> None:
    """As they are put together, with the words that they share."""
    for kind in CATALOGUE.values():
        assert not odd_words(f"{kind.meaning} {kind.advice}"), kind.code
        assert not kind.advice.startswith("Nothing"), kind.code
    for code, meaning in MEANINGS.items():
        assert not odd_words(" ".join((meaning.meaning, meaning.advice))), code


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("code", ExitCode)
def test_no_summary_has_an_odd_word_or_a_number_that_cannot_be_read(state: RunState, code: ExitCode) -> None:
    """However a run ended, and whether one or many of a kind are there."""
    for count in (1, 1_234_567):
        run = Tally(entries=count, delivered=count, requests=count, seconds=1.0)
        summary = Summary(
            state=state,
            exit_code=code,
            source="-",
            project="p",
            server="http://s",
            checkpoint="cp",
            entries=6 * count,
            delivered=count,
            rejected=count,
            skipped=count,
            in_doubt=count,
            owed=count,
            media_delivered=count,
            media_undelivered=count,
            media_without_entry=count,
            media_in_doubt=["a"],
            findings={"not-json": count, "class-case": count, "exported-entry": count},
            severities={"not-json": "error", "class-case": "warning", "exported-entry": "note"},
            this_run=run,
        )
        text = summary_text(summary)
        assert not odd_words(text)
        assert not re.search(r"\d{4}", text)

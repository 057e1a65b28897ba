"""`bulk-importer help [TOPIC]`: what is not said by `--help`, a page for each topic; and every option of a command."""

from __future__ import annotations

import argparse
from pathlib import Path

from bulk_importer.cli import output
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.settings import did_you_mean

__all__ = ["configure", "run", "topics"]

_PAGES = Path(__file__).with_name("pages")
_MEASURED = Path(__file__).parents[2] / "sandbox" / "faults" / "cost-measured.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `help`."""
    parser.add_argument(
        "topic", nargs="?", metavar="TOPIC", help="a topic or a command; without it the topics are listed"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the page of a topic, all options of a command, or which topics there are."""
    from bulk_importer.cli.main import COMMANDS

    if arguments.topic is None:
        text = _listed()
    elif arguments.topic in topics():
        text = _page(arguments.topic)
    elif arguments.topic in COMMANDS:
        text = _options_of(arguments.topic)
    else:
        near = did_you_mean(arguments.topic, [*topics(), *COMMANDS])
        raise UsageError(
            f"There is no topic and no command {arguments.topic!r}.{near} See 'bulk-importer help'."
        )
    if arguments.json:
        output.print_json({"topic": arguments.topic, "topics": topics(), "text": text})
    else:
        output.print_line(text)
    return ExitCode.DELIVERED


def _options_of(command: str) -> str:
    from bulk_importer.cli.main import whole_parser

    commands = whole_parser()._get_positional_actions()[0]
    assert isinstance(commands, argparse._SubParsersAction)
    text: str = commands.choices[command].format_help_all()
    return text.rstrip()


def topics() -> list[str]:
    """The names of the pages."""
    return sorted(path.stem for path in _PAGES.glob("*.txt"))


def _page(topic: str) -> str:
    text = (_PAGES / f"{topic}.txt").read_text("utf-8").rstrip()
    if topic == "cost-model":
        text += "\n\n" + "\n".join(
            f"    {line}".rstrip() for line in _MEASURED.read_text("utf-8").splitlines()
        )
    return text


def _listed() -> str:
    names = topics()
    width = max(map(len, names))
    titles = ((_PAGES / f"{name}.txt").read_text("utf-8").partition("\n")[0] for name in names)
    return "\n".join(
        [
            "Topics, for 'bulk-importer help TOPIC':",
            *(f"  {name:{width}}  {title}" for name, title in zip(names, titles, strict=True)),
            "",
            "'bulk-importer help COMMAND' shows every option of a command,",
            "'bulk-importer explain CODE' what a finding or an exit code means.",
        ]
    )

"""What each exit code means, in general and command by command: for `explain`, the README, and the tests of both.

The one place where that is said. A number means the same in every command; `by_command` says what that is there. A
command that is not named with a code never ends with it, but for `EVERYWHERE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bulk_importer.errors import ExitCode

__all__ = ["EVERYWHERE", "MEANINGS", "PRECEDENCE_TEXT", "Meaning", "codes_of", "readme_tables"]

_SENDING = ("import", "retry")
_LOOK_UPS = ("projects", "datasets", "media", "label-config")
_ENDED_SO = "the latest run ended so"
_SHARD_ENDED_SO = "the latest work on a shard ended so"
_AGAIN = "Run the same command again: it resumes."
EVERYWHERE = frozenset({ExitCode.USAGE, ExitCode.INTERRUPTED, ExitCode.UNFORESEEN})
"""With these every command may end: a flag that is none, Ctrl-C, a mistake in the program."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one exit code means.

    Attributes:
        meaning: in any command, a sentence or two.
        advice: what to do.
        by_command: what it says when this command ends with it, without a full stop.
    """

    meaning: str
    advice: str
    by_command: Mapping[str, str] = field(default_factory=dict)


def _each(commands: tuple[str, ...], text: str) -> dict[str, str]:
    return dict.fromkeys(commands, text)


_STOPPED = _each(
    (*_SENDING, "work", "backup", "migrate", "complete", "undo"), "stopped; what is on record stays"
) | {
    "plan": "stopped; no plan is there, and the same command makes it",
    "serve": "it was stopped, and an import that was confirmed is left; the same command resumes",
}

MEANINGS: Mapping[ExitCode, Meaning] = {
    ExitCode.DELIVERED: Meaning(
        "All is well and nothing is left to do: what the command is for is done, as a whole.",
        "No action needed.",
        {
            "work": "every entry of the shard is delivered, or there is no shard of the index that a scheduler gave",
            "import": "the source was read to its end, and every entry is delivered",
            "retry": "every entry of the import is delivered by now",
            "check": "there is no error in the source (with --sample: in what was looked at)",
            "verify": "it is proven that the source was read to its end and every entry delivered, once; a SOURCE that "
            "was named, or a file that still lies where it was, holds what was imported: it may be deleted; or that a "
            "backup is whole",
            "status": "the import is finished, and every entry is delivered",
            "plan": "the plan lies at its place, whatever would be rejected",
            "gather": "all shards are complete, and every entry of the plan is delivered",
            "control": "the run does what it was asked for",
            "report": "the report is written",
            "complete": "each task of a media that labels were delivered for has the state",
            "resolve": "nothing is unconfirmed any more; what was decided not to be delivered the next import sends",
            "undo": "every media holds again what it held before the import",
            "doctor": "the way to the server is clear",
            "demo": "all came out as it should",
            "sandbox": "it was stopped",
            "serve": "it was stopped, and no import that was confirmed is left",
            **_each(_LOOK_UPS, "the list is complete"),
            "label-config": "it is shown; with --against: the project has all that is wanted",
            "convert": "every object of the source is in the entries, but for what a person chose to leave out",
            "formats": "they are listed, or the class map is proposed",
            "migrate": "all labels are in the other project, but for what the class map leaves out; or can be",
            "backup": "all labels are in the file, and an import brings them back as they are",
            "explain": "it is explained",
            "settings": "they are shown",
            "help": "it is shown",
            "completion": "the script is printed",
        },
    ),
    ExitCode.REJECTIONS: Meaning(
        "Everything that could be sent is delivered, and some entries are rejected.",
        "Look at rejected.jsonl in the checkpoint folder: each line says what is wrong with one entry, and what to do. "
        "'bulk-importer retry CHECKPOINT CORRECTED.jsonl' feeds them again; keep the source until then.",
        {
            "work": "all of the shard is delivered but for rejected entries; 0 with --rejections-exit 0",
            **_each(_SENDING, "all is delivered but for rejected entries, and what a conversion left behind"),
            "check": "there are errors in the source: an import would reject these entries, or leave something behind",
            "convert": "the entries are written, and something in the source is left behind",
            "label-config": "with --against: the project lacks something, or differs in a way that matters",
            "migrate": "what could be moved is; left_behind.jsonl lists what is not, and tasks may be left alone; with "
            "--dry-run: not all labels would find a place",
            "undo": "some media are left alone or brought back in part, or some entries rejected; left_alone.jsonl "
            "says why",
            "backup": "the file is whole, and an import does not bring all back as it is, or a media could not be read",
            "verify": "it is proven that every entry is accounted for, once; some are rejected: keep the source until "
            "they are fed again, or given up",
            "status": "the import is finished, with rejected entries",
            "gather": "all shards are complete, with rejected entries: they are in gathered/rejected.jsonl",
            "complete": "all that could be done is, and some tasks are left alone or refused by the server",
        },
    ),
    ExitCode.USAGE: Meaning(
        "The command line, a variable or the settings file is wrong; or what was asked for could not be "
        "written down, and is cut short.",
        "Read the message and 'bulk-importer COMMAND --help'; 'bulk-importer settings' shows where each value is from.",
    ),
    ExitCode.INPUT: Meaning(
        "The source cannot be read to its end: it is not there, breaks off, stops being JSON, or is something else.",
        "Do what the message says. Fixed at or behind the byte that is named, the same command resumes there.",
        {
            "work": "the source cannot be read",
            "import": "the source cannot be read to its end; all before that place is delivered",
            "retry": "the source, or the file of corrections, cannot be read, or is something else",
            "check": "the source cannot be read to its end; what is said is about the part before",
            "plan": "the source cannot be read to its end; no plan is there",
            **_each(("convert", "formats"), "the source cannot be read, or is something else"),
            "undo": "the source of the import cannot be read, from which is known what was delivered",
            "verify": "SOURCE cannot be read, or the import ended where its source breaks off",
            "status": "the import ended because its source could not be read any further",
            "gather": "the import of a shard ended because its source could not be read any further",
        },
    ),
    ExitCode.BUDGET: Meaning(
        "More entries were rejected than --max-errors allows, so the run ended early.",
        "Look at the findings first: it is often one mistake in all entries. Raise --max-errors to send the "
        "rest anyway.",
        {
            "work": "more rejections in the shard than its part of --max-errors; the rest is not sent",
            **_each(_SENDING, "more rejections than --max-errors allows; the rest is not sent"),
            "gather": _SHARD_ENDED_SO,
            "status": _ENDED_SO,
        },
    ),
    ExitCode.IN_DOUBT: Meaning(
        "The answers to some requests were lost, and it is not known whether the server executed them. Their entries "
        "are unconfirmed, and not sent again, so that nothing is doubled.",
        "Run the same command again after --server-request-limit (10 minutes): it asks the server, where that can be "
        "known. Where it cannot, 'bulk-importer resolve CHECKPOINT --delivered' (or --not-delivered; of a plan, PLAN) "
        "lets you decide.",
        {
            "work": "some entries are unconfirmed; their media are listed",
            **_each(_SENDING, "some entries are unconfirmed; their media are listed"),
            "verify": "every entry is accounted for, and some are unconfirmed, here or in a retry",
            "status": "some entries are unconfirmed, here or in a retry",
            "gather": "some entries of a shard are unconfirmed",
            "migrate": "some of what was sent is unconfirmed",
            "undo": "it is not known of all entries whether they were delivered, so nothing was sent; or what was sent "
            "is unconfirmed",
            "resolve": "something is still unconfirmed, here or in a retry",
            "complete": "some entries are unconfirmed, so no task was changed",
        },
    ),
    ExitCode.SERVER: Meaning(
        "The server does not answer, refuses the token, or does not know the project.",
        "'bulk-importer doctor --server URL --project P' looks at URL, TLS, token, routes and project, one after the "
        "other. Then run the same command again; nothing is lost.",
        {
            "work": "the server cannot be used; what is not sent yet stays on record",
            **_each(_SENDING, "the server cannot be used; what is not sent yet stays on record"),
            "import": "the server cannot be used, or with --engine dask the scheduler; what is not sent yet stays on "
            "record",
            "gather": _SHARD_ENDED_SO,
            "migrate": "a server cannot be used, or the label quota is used up; the same command resumes",
            "undo": "the server cannot be used; the same command resumes",
            "check": "the label configuration or the media cannot be read from the server; or with --engine dask the "
            "scheduler cannot be used",
            "plan": "the server cannot be asked for the project, its configuration or its media; no plan is there",
            **_each(("convert", "formats"), "the label configuration cannot be read from the server"),
            "verify": "with --against-server: the server cannot be asked",
            "backup": "the server cannot be asked; what was read is kept, and the same command resumes",
            "status": _ENDED_SO,
            "complete": "the server cannot be used, or the label quota is used up; the same command resumes",
            "doctor": "something on the way to the server is wrong; it is named with a remedy",
            **_each(_LOOK_UPS, "the server cannot be asked"),
        },
    ),
    ExitCode.CHECKPOINT: Meaning(
        "The checkpoint cannot be used: another run writes it, it is damaged, does not hold what it must, or was begun "
        "for something else.",
        "Do what the message says. Do not delete the folder: it alone knows what was delivered.",
        {
            "work": "another worker has the shard, or took it over; the source is not what was planned; or plan or "
            "checkpoint cannot be used",
            **_each(
                (*_SENDING, "resolve", "migrate", "undo", "complete"),
                "the checkpoint is in use, damaged, or begun for something else",
            ),
            "verify": "something that must be so is not: in the log, beside it, in a backup, or the source is not what "
            "was imported",
            "backup": "the file holds something else, another process writes it, or it cannot be written",
            "status": "there is no checkpoint, or it cannot be read",
            "plan": "the place cannot be written or read, or the plan that lies there is not what was written",
            "gather": "the plan, or what is on record of a shard, cannot be used, or they contradict each other; the "
            "others are put together all the same",
            "report": "there is no checkpoint, or it cannot be read",
            "control": "no run is under way there, or it hears no commands",
        },
    ),
    ExitCode.LABEL_CONFIG: Meaning(
        "The label configuration of the project changed in a way that matters to what was checked or delivered.",
        "Look at what the message names. The same command again checks what is not sent yet by the new configuration.",
        {
            "work": "the label configuration is not the one of the plan, or changed; the same command resumes by the "
            "new one",
            **_each(_SENDING, "the label configuration changed; the rest is not sent"),
            "gather": _SHARD_ENDED_SO,
            "migrate": "that of the other project changed; the rest is not sent",
            "verify": "it changed when all was sent, or the latest run ended so",
            "complete": "it changed while tasks were changed; the same command resumes by the new one",
            "label-config": "with --create-classes: somebody else changed it at the same time",
            "status": _ENDED_SO,
        },
    ),
    ExitCode.UNFINISHED: Meaning(
        "Nothing went wrong, but not all of the source is sent yet.",
        "Run the import command again: it resumes, and sends the rest. 'bulk-importer status CHECKPOINT' says what is "
        "left.",
        {
            "work": "something is left to send: 'control' or its page stopped it",
            "import": "something is left to send: --limit ended the run, 'control' or its page stopped it, or a person "
            "said no to what would be replaced or completed",
            "retry": "the import itself is not finished, 'control' or its page stopped the retry, or a person said no "
            "to what would be replaced",
            "migrate": "a person said no, or nobody could be asked, so nothing was sent; or something is left to send",
            "undo": "something is left to send, or a person said no",
            "verify": "what is on record is proven, and the import is not finished: keep the source",
            "complete": "some tasks wait for entries that are not sent yet, or a person said no",
            "status": "something is left to send: a run is at work, was killed, or ended before",
            "gather": "shards are left to work on, or workers are at work",
        },
    ),
    ExitCode.DIFFERS: Meaning(
        "The server does not hold what was delivered to it: somebody changed it since, or it lost it.",
        "Look at the media that are named. Nothing is sent again by itself, because that could undo what somebody did.",
        {
            "work": "labels that were sent again after a lost answer are not what was sent",
            **_each(_SENDING, "labels that were sent again after a lost answer are not what was sent"),
            "gather": _SHARD_ENDED_SO,
            "migrate": "some media of the other project do not hold what was sent: see differing.jsonl",
            "verify": "what was sent again after a lost answer is not there, or, with --against-server, anything else; "
            "or the server holds something else than a backup",
            "status": _ENDED_SO,
        },
    ),
    ExitCode.UNFORESEEN: Meaning(
        "An internal error: something happened that should not have, and is a bug of this program.",
        "What was delivered is on record. Run the same command again, and report the message.",
    ),
    ExitCode.HANGUP: Meaning("The terminal went away (SIGHUP).", _AGAIN, _STOPPED),
    ExitCode.INTERRUPTED: Meaning("It was interrupted (Ctrl-C, SIGINT).", _AGAIN),
    ExitCode.TERMINATED: Meaning("It was told to end (SIGTERM).", _AGAIN, _STOPPED),
}
"""Every exit code, in the order in which they are listed."""

PRECEDENCE_TEXT = "7, 3, 6, 8, 4, 10, a signal, 5, 9, 1"
"""Which code a command ends with where several apply, as `most_important` decides it."""


def codes_of(command: str) -> dict[ExitCode, str]:
    """What a command may end with besides `EVERYWHERE`, and what that says there."""
    return {
        code: meaning.by_command[command]
        for code, meaning in MEANINGS.items()
        if command in meaning.by_command
    }


def readme_tables(commands: tuple[str, ...]) -> str:
    """The two tables of the README: each code, and each command with what its codes say."""
    lines = ["| code | what it means | what to do |", "|---|---|---|"]
    lines += [f"| {int(code)} | {each.meaning} | {each.advice} |" for code, each in MEANINGS.items()]
    everywhere = ", ".join(str(int(code)) for code in MEANINGS if code in EVERYWHERE)
    lines += ["", f"Command by command; with {everywhere} any of them may end:", ""]
    lines += ["| command | what its codes say |", "|---|---|"]
    for several in _alike(commands):
        names = ", ".join(f"`{command}`" for command in several)
        said: dict[str, list[str]] = {}
        for code, text in codes_of(several[0]).items():
            said.setdefault(text, []).append(str(int(code)))
        codes = "; ".join(f"**{', '.join(numbers)}** {text}" for text, numbers in said.items())
        lines.append(f"| {names} | {codes} |")
    return "\n".join([*lines, "", f"Where several apply, the first of {PRECEDENCE_TEXT}."])


def _alike(commands: tuple[str, ...]) -> list[list[str]]:
    """The commands that have codes of their own, those together for which these say the same."""
    groups: dict[str, list[str]] = {}
    for command in commands:
        if codes := codes_of(command):
            groups.setdefault(repr(codes), []).append(command)
    return list(groups.values())

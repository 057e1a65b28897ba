"""Labels that an import deletes are said before it does; on a terminal it asks, and elsewhere it goes on."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.around.screen import Terminal
from support.commands import Command
from support.entries import noted

MEDIA = 20
LABELLED = 8
SAID = f"Replaces existing labels on {LABELLED} of the project's {MEDIA} media (keepData false)."
QUESTION = "Replace them? [y/N]"


class Place:
    """A sandbox with a project of which some media hold labels, and terminals to import on."""

    def __init__(self, command: Command, sandbox: Any) -> None:
        self.command, self.sandbox = command, sandbox
        self.media: list[str] = sandbox.prepare(name="p", media=MEDIA)["media_ids"]
        self.target = ("--server", sandbox.url, "--project", "p", "--workers", "0")
        self._opened: list[Terminal] = []
        done = command("import", self.write("before.json", self.media[:LABELLED], None), *self.target, "-q")
        assert done.returncode == 0, done.stderr
        self._uploads_before = self._uploads()

    def write(self, name: str, media: list[str], keep: bool | None = False) -> str:
        """A source with an entry for each of these media."""
        entries = [noted(media_id, number, keep) for number, media_id in enumerate(media)]
        (self.command.folder / name).write_text("[" + ",\n".join(map(json.dumps, entries)) + "]")
        return name

    @property
    def uploads(self) -> int:
        """How many uploads came since labels were put there."""
        return self._uploads() - self._uploads_before

    def terminal(self, *arguments: str, **environment: str) -> Terminal:
        """A terminal on which a command runs."""
        opened = Terminal(
            *arguments,
            folder=self.command.folder,
            environment={**self.command.environment, "LANG": "C.UTF-8", "TERM": "xterm", **environment},
        )
        self._opened.append(opened)
        return opened

    def asked(self, *arguments: str, **environment: str) -> Terminal:
        """A terminal on which an import asks its question now."""
        terminal = self.terminal(*arguments, **environment)
        shown = terminal.read(lambda lines: any(QUESTION in line for line in lines))
        assert any(QUESTION in line for line in shown), shown
        return terminal

    def summary(self, source: str) -> dict[str, Any]:
        """The summary beside a source."""
        path = self.command.folder / f"{source}.checkpoint" / "summary.json"
        read: dict[str, Any] = json.loads(path.read_text())
        return read

    def close(self) -> None:
        """Close the terminals."""
        for each in self._opened:
            each.close()

    def _uploads(self) -> int:
        return sum(each["path"].endswith("prediction") for each in self.sandbox.requests())


@pytest.fixture
def place(command: Command, sandbox_process: Callable[..., Any]) -> Iterator[Place]:
    """Eight of twenty media hold labels."""
    opened = Place(command, sandbox_process("--seed", "1"))
    yield opened
    opened.close()


def test_no_sends_nothing_and_the_same_command_asks_again(place: Place) -> None:
    """With yes it sends all; then a resume of it, finished or not, does not ask any more."""
    arguments = ("import", place.write("l.json", place.media), *place.target)
    terminal = place.asked(*arguments)
    assert SAID in " ".join(" ".join(terminal.shown()).split())
    terminal.type("n\n")
    shown = " ".join(" ".join(terminal.finish()).split())
    assert terminal.process.returncode == ExitCode.UNFINISHED
    assert "Nothing was sent: that existing labels are replaced was not confirmed." in shown
    summary = place.summary("l.json")
    assert (summary["state"], summary["exit_code"], place.uploads) == ("stopped", 9, 0)
    terminal = place.asked(*arguments, "--limit", "4")
    terminal.type("y\n")
    terminal.finish()
    terminal = place.asked(*arguments)  # what was confirmed is sent by now, and no more was
    terminal.type("yes\n")
    terminal.finish()
    assert (terminal.process.returncode, place.summary("l.json")["delivered"]) == (0, MEDIA)
    assert place.summary("l.json")["replacement"] == {
        "media": 4,
        "is_exact": True,
        "is_whole": True,
        "holding": LABELLED,
        "importable": MEDIA,
        "is_confirmed": True,
    }


def test_what_was_confirmed_is_not_asked_again_when_the_run_resumes(place: Place) -> None:
    source = place.write("l.json", place.media)
    (place.command.folder / "l.json").write_text((place.command.folder / "l.json").read_text()[:-400])
    terminal = place.asked("import", source, *place.target)
    terminal.type("y\n")
    terminal.finish()
    assert terminal.process.returncode == ExitCode.INPUT
    place.write("l.json", place.media)
    terminal = place.terminal("import", source, *place.target)
    shown = terminal.finish()
    assert (terminal.process.returncode, [line for line in shown if "?" in line]) == (0, [])


@pytest.mark.parametrize(
    ("keys", "code"),
    [("\n", ExitCode.UNFINISHED), ("\x04", ExitCode.UNFINISHED), ("\x03", ExitCode.INTERRUPTED)],
    ids=["Enter", "end of input", "Ctrl-C"],
)
@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_whatever_is_not_yes_sends_nothing(place: Place, keys: str, code: ExitCode, term: str) -> None:
    terminal = place.asked("import", place.write("l.json", place.media), *place.target, TERM=term)
    terminal.type(keys)
    terminal.finish()
    assert (terminal.process.returncode, place.uploads) == (code, 0)
    assert place.summary("l.json")["state"] == "stopped"


def test_an_answer_that_is_none_is_asked_for_again(place: Place) -> None:
    terminal = place.asked("import", place.write("l.json", place.media), *place.target)
    terminal.type("maybe\n")
    terminal.read(lambda lines: any("Please answer y or n." in line for line in lines))
    assert place.uploads == 0
    terminal.type("Y\n")
    terminal.finish()
    assert (terminal.process.returncode, place.summary("l.json")["delivered"]) == (0, MEDIA)


def test_the_question_stands_still_while_it_is_open(place: Place) -> None:
    """The line of progress does not write over what is typed."""
    terminal = place.asked("import", place.write("l.json", place.media), *place.target)
    terminal.type("ye")
    terminal.read(lambda lines: lines[-1].endswith(f"{QUESTION} ye"))
    before = len(terminal.screens)
    with pytest.raises(AssertionError, match="never showed"):
        terminal.read(lambda _: len(terminal.screens) > before, seconds=1.0)
    terminal.type("s\n")
    terminal.finish()
    assert terminal.process.returncode == 0


@pytest.mark.parametrize("how", ["flag", "variable", "file"])
def test_yes_is_the_answer_beforehand(place: Place, how: str) -> None:
    (place.command.folder / "s.toml").write_text("yes = true\n")
    given = {"flag": ("--yes",), "variable": (), "file": ("--config", "s.toml")}[how]
    environment = {"BULK_IMPORTER_YES": "true"} if how == "variable" else {}
    source = place.write("l.json", place.media)
    terminal = place.terminal("import", source, *place.target, *given, **environment)
    shown = " ".join(" ".join(terminal.finish()).split())
    assert (terminal.process.returncode, SAID in shown, QUESTION in shown) == (0, True, False)
    assert place.summary(source)["replacement"]["is_confirmed"]


@pytest.mark.parametrize("flag", ["-q", "--json"])
def test_the_question_is_seen_however_little_is_to_be_told(place: Place, flag: str) -> None:
    terminal = place.asked("import", place.write("l.json", place.media), *place.target, flag)
    assert SAID in " ".join(" ".join(terminal.shown()).split())
    terminal.type("y\n")
    terminal.finish()
    assert terminal.process.returncode == 0


def test_without_a_terminal_it_is_said_and_the_run_goes_on(place: Place) -> None:
    """On standard error, in the log of the run, and in the summary."""
    source = place.write("l.json", place.media)
    done = place.command("import", source, *place.target)
    assert (done.returncode, SAID in done.stderr, QUESTION in done.stderr) == (0, True, False)
    assert done.stderr.index(SAID) < done.stderr.index("100%")
    logged = [
        json.loads(line)
        for line in (place.command.folder / f"{source}.checkpoint" / "run.log").read_text().splitlines()
    ]
    kinds = [each["event"] for each in logged]
    assert kinds.index("ReplacementForeseen") < kinds.index("BatchSealed")
    summary = place.summary(source)
    assert (summary["replacement"]["media"], summary["replacement"]["is_confirmed"]) == (LABELLED, False)


def test_where_a_source_is_not_read_twice_it_is_said_how_many_they_are_at_most(place: Place) -> None:
    """A compressed one, here; one of its entries meets labels."""
    source = place.write("l.json", place.media[LABELLED - 1 :])
    packed = place.command.folder / "l.json.gz"
    packed.write_bytes(gzip.compress((place.command.folder / source).read_bytes()))
    done = place.command("import", packed.name, *place.target)
    assert done.returncode == 0
    assert (
        f"May replace existing labels on up to {LABELLED} of the project's {MEDIA} media: {LABELLED} hold labels, and "
        "entries have keepData false, from position 0 on."
    ) in done.stderr
    summary = place.summary(packed.name)
    assert (summary["replacement"]["is_exact"], summary["findings"]["media-replaced"]) == (False, 1)


def test_programs_that_collect_logs_get_an_object(place: Place) -> None:
    done = place.command("import", place.write("l.json", place.media), *place.target, "--log-format", "json")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    (foreseen,) = (each for each in told if each.get("event") == "ReplacementForeseen")
    assert (foreseen["level"], foreseen["media"], foreseen["is_exact"]) == ("warning", LABELLED, True)


@pytest.mark.parametrize(
    ("media", "keep"),
    [(slice(LABELLED, None), False), (slice(LABELLED, None), True)],
    ids=["keepData false for media without labels", "nothing says keepData false"],
)
def test_nothing_is_asked_where_nothing_is_lost(place: Place, media: slice, keep: bool) -> None:
    source = place.write("l.json", place.media[media], keep)
    terminal = place.terminal("import", source, *place.target)
    shown = " ".join(terminal.finish())
    assert terminal.process.returncode == 0
    assert not re.search(r"[Rr]eplace", shown), shown
    assert place.summary(source)["replacement"] is None


def test_where_nobody_knows_which_media_hold_labels_that_is_said(place: Place) -> None:
    source = place.write("l.json", place.media)
    terminal = place.asked("import", source, *place.target, "--no-check-media")
    assert "it is not known which media hold labels" in " ".join(" ".join(terminal.shown()).split())
    terminal.type("n\n")
    terminal.finish()
    assert (terminal.process.returncode, place.uploads) == (ExitCode.UNFINISHED, 0)


def test_what_comes_later_in_a_source_is_asked_when_it_comes(place: Place) -> None:
    """Standard input cannot be read beforehand: up to so many media are said, and nothing that deletes is sent."""
    source = place.write("l.json", place.media)
    first, rest = json.dumps([noted(place.media[9], 1)])[:-1], (place.command.folder / source).read_text()[1:]
    (place.command.folder / "l.json").write_text(f"{first},{' ' * 300}\n{rest}")
    arguments = ("import", "l.json", *place.target, "--segment-bytes", "200")
    terminal = place.asked(*arguments)
    terminal.type("n\n")
    terminal.finish()
    summary = place.summary("l.json")
    assert (summary["exit_code"], summary["delivered"]) == (ExitCode.UNFINISHED, 1)
    assert summary["message"].startswith("Nothing that deletes labels was sent")


def test_of_several_sources_it_is_asked_once_before_the_first(place: Place) -> None:
    sources = [
        place.write("a.json", place.media[LABELLED:]),
        place.write("b.json", place.media[:5]),
        place.write("c.json", place.media[4:LABELLED]),
    ]
    terminal = place.asked("import", *sources, *place.target)
    assert SAID in " ".join(" ".join(terminal.shown()).split())
    terminal.type("n\n")
    shown = "".join(terminal.finish())
    assert (terminal.process.returncode, place.uploads) == (ExitCode.UNFINISHED, 0)
    assert "Nothing was sent: that existing labels" in shown
    assert not [each for each in sources if (place.command.folder / f"{each}.checkpoint" / "log").exists()]
    terminal = place.asked("import", *sources, *place.target, "--json")
    terminal.type("y\n")
    terminal.finish()
    assert terminal.process.returncode == 0
    assert terminal.seen.decode().count("[y/N]") == 1
    assert [place.summary(each)["delivered"] for each in sources] == [12, 5, 4]


def test_a_retry_asks_as_well(place: Place) -> None:
    source = place.write("l.json", [*place.media[:3], "nobody"], True)
    done = place.command("import", source, *place.target, "--onto-uploaded", "--max-errors", "none")
    assert done.returncode == ExitCode.REJECTIONS, done.stderr
    correction = {"position": 3, "entry": noted(place.media[6], 3, keep=False)}
    (place.command.folder / "corrected.jsonl").write_text(json.dumps(correction))
    checkpoint = f"{source}.checkpoint"
    before = place.uploads
    terminal = place.asked("retry", checkpoint, "corrected.jsonl", "--workers", "0")
    assert "existing labels on 1 of the project's" in " ".join(" ".join(terminal.shown()).split())
    terminal.type("n\n")
    terminal.finish()
    assert (terminal.process.returncode, place.uploads) == (ExitCode.UNFINISHED, before)
    terminal = place.asked("retry", checkpoint, "--workers", "0")
    terminal.type("y\n")
    terminal.finish()
    assert (terminal.process.returncode, place.summary(source)["delivered"]) == (0, 4)


def test_the_work_of_people_counts_where_it_may_be_replaced(place: Place) -> None:
    """Without --replace-finished it is no loss: these entries are rejected."""
    listed = place.command("media", *place.target[:4], "--csv").stdout
    finished = re.sub(rf"(?m)^({place.media[-1]},[^,]*),[^,]*,", r"\1,COMPLETED,", listed)
    (place.command.folder / "media.csv").write_text(finished)
    source = place.write("l.json", place.media)
    arguments = ("import", source, *place.target, "--media-list", "media.csv", "--max-errors", "none")
    done = place.command(*arguments, "--replace-finished")
    assert f"Replaces existing labels on {LABELLED + 1} of" in done.stderr, done.stderr
    assert place.summary(source)["findings"]["media-replaced"] == LABELLED + 1
    (place.command.folder / f"{source}.checkpoint").rename(place.command.folder / "done")
    done = place.command(*arguments)
    assert f"Replaces existing labels on {LABELLED} of" in done.stderr, done.stderr
    assert place.summary(source)["rejected"] == 1

"""Shares are converted in child processes, or here: what comes of it is the same, also where a child dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.converting import Batch, Terms
from bulk_importer.formats.folders.yolo.reading import YoloPlan, YoloShare, plans
from bulk_importer.formats.model import Left
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.pipeline.conversion.crew import Crew
from bulk_importer.sources.members import open_members

PICTURES = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A YOLO folder, in whose shares are two pictures each."""
    (tmp_path / "labels").mkdir()
    (tmp_path / "notes.pdf").write_text("")
    (tmp_path / "data.yaml").write_text("names: {0: car}\n")
    for at in range(PICTURES):
        (tmp_path / "labels" / f"{at:02}.txt").write_text("0 0.5 0.5 0.25 0.25\n" * at)
    return tmp_path


class Plan:
    """The plan of a folder in small shares."""

    def __init__(self, folder: Path) -> None:
        (self._plan,) = plans(open_members(folder), Choices())
        assert isinstance(self._plan, YoloPlan)
        self.ground: Any = self._plan.ground
        self.weight, self.unit = self._plan.weight, self._plan.unit
        self.finish = self._plan.finish

    def shares(self) -> Iterator[YoloShare | Left]:
        for each in self._plan.shares():
            if isinstance(each, Left):
                yield each
            else:
                yield from (YoloShare(each.pictures[at : at + 2]) for at in range(0, len(each.pictures), 2))


def terms(folder: Path) -> Terms:
    """How it is converted."""
    members = open_members(folder).elsewhere()
    assert members is not None
    return Terms(members, Choices(), None, ClassMap(), b"\n")


def crew(folder: Path, width: int) -> Crew:
    """Children that convert it, or none."""
    return Crew(terms(folder), terms(folder), width)


def test_children_give_the_batches_that_this_process_gives(folder: Path) -> None:
    """In the order of the shares, with what is left behind in its place and what was noted."""
    with crew(folder, 0) as alone, crew(folder, 2) as children:
        here = list(alone.batches(Plan(folder)))
        assert list(children.batches(Plan(folder))) == here
        assert list(children.batches(Plan(folder))) == here
    assert [type(each) for each in here] == [Left, *[Batch] * 6]
    batches = [each for each in here if isinstance(each, Batch)]
    assert sum(each.weight for each in batches) == PICTURES
    assert sum(len(each.left) for each in batches) == sum(range(PICTURES))  # nobody knows the sizes
    assert not _children()


def test_what_a_dead_child_had_is_converted_here(folder: Path) -> None:
    """However many die."""
    with crew(folder, 0) as alone, crew(folder, 2) as children:
        here = list(alone.batches(Plan(folder)))
        found = children.batches(Plan(folder))
        first = list(islice(found, 3))
        for child in _children():
            os.kill(child, signal.SIGKILL)
        assert [*first, *found] == here
        assert list(children.batches(Plan(folder))) == here


def test_where_no_child_can_be_started_it_is_converted_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it."""
    with crew(folder, 0) as alone, crew(folder, 2) as children:
        here = list(alone.batches(Plan(folder)))
        monkeypatch.setattr(sys, "executable", str(folder / "nothing"))
        assert list(children.batches(Plan(folder))) == here


def test_an_error_in_a_child_is_raised_here(folder: Path) -> None:
    """As it would be without one."""
    (folder / "labels" / "07.txt").write_text("5 0.5 0.5 0.25 0.25\n")
    with crew(folder, 2) as children, pytest.raises(ChoiceNeeded, match=r"07\.txt, line 1: class number 5"):
        list(children.batches(Plan(folder)))
    plan = Plan(folder)
    (folder / "labels" / "05.txt").unlink()
    with crew(folder, 2) as children, pytest.raises(SourceUnreadable, match=r"05\.txt"):
        list(children.batches(plan))
    assert not _children()


def test_children_do_what_a_reader_spreads_over_them(folder: Path) -> None:
    """In the order of what was asked; what fails there, or in one that died, is done here; and then they convert."""
    asked = ["name", "taken"] * 6
    with crew(folder, 0) as alone, crew(folder, 2) as children:
        found = children.spread(getattr, asked)
        first = [next(found), next(found)]
        os.kill(_children()[0], signal.SIGKILL)
        assert [*first, *found] == [str(folder), 0] * 6
        with pytest.raises(AttributeError, match="nothing"):
            list(children.spread(getattr, ["name", "nothing", "name"]))
        assert next(children.spread(getattr, asked)) == str(folder)
        assert list(children.batches(Plan(folder))) == list(alone.batches(Plan(folder)))


def test_children_end_when_they_are_not_needed_any_more(folder: Path) -> None:
    """Also where somebody stops in the middle."""
    with crew(folder, 2) as children:
        assert len(list(islice(children.batches(Plan(folder)), 3))) == 3  # so that each child has answered
        assert len(_children()) == 2
    assert not _children()


def test_a_child_ends_with_its_parent(folder: Path) -> None:
    """It does not wait for a share that nobody will send."""
    child = subprocess.Popen(
        [*_command()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.communicate(timeout=60) == (b"", b"")
    assert child.returncode == 0


def _command() -> list[str]:
    from bulk_importer.machine.children import child_command

    return child_command("bulk_importer.pipeline.conversion.crew", "serve")


def _children() -> list[int]:
    return [each.pid for each in psutil.Process().children() if "conversion.crew" in " ".join(each.cmdline())]

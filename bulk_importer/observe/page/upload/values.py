"""What the pages of `serve` show. Pure."""

from __future__ import annotations

import msgspec

from bulk_importer.observe.markup import Markup

__all__ = ["Action", "Front", "Picture", "Row", "Sheet", "Wrong"]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person can do: a button, and what it sends.

    Attributes:
        path: where it is sent.
        fields: what is sent along.
        consent: a sentence that a person has to tick before; empty where that is not needed.
        choice: a sentence that a person may tick, sent as `choice`.
        tone: `main` for what is mostly wanted, `harm` for what destroys something.
    """

    path: str
    label: str
    fields: tuple[tuple[str, str], ...] = ()
    consent: str = ""
    choice: str = ""
    tone: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One upload on the front.

    Attributes:
        state: a word, and `mood`: `waits`, `works`, `good`, `bad`, or nothing.
        said: where it stands, in a few words.
        percent: how far what goes on is.
    """

    path: str
    name: str
    size: str
    received: str
    state: str
    mood: str = ""
    said: str = ""
    percent: int | None = None


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """The front.

    Attributes:
        most_bytes: of an upload, and `most` the same in words.
        free: how much more room there is, in words.
        notice: what a person has to know first.
    """

    project: str
    server: str
    most_bytes: int
    most: str
    free: str
    rows: tuple[Row, ...] = ()
    notice: str = ""


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a check found in many entries.

    Attributes:
        severity: `error` or `warning`.
        place: in an entry; `found`: what stands there most often, each with how often.
    """

    code: str
    severity: str
    count: int
    place: str
    found: tuple[tuple[str, int], ...]
    expected: str
    advice: str


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that would be rejected, as a picture.

    Attributes:
        svg: drawn; None where there is nothing to draw.
        text: the same in words.
        wrong: what is wrong with it, a sentence each.
    """

    title: str
    svg: Markup | None
    text: str
    wrong: tuple[str, ...]


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The page of one upload.

    Attributes:
        version: another one whenever something else can be done with it.
        headline: how it stands, in a sentence.
        message: why, where that has to be said.
        progress: how far what goes on is, in words; with `percent`.
        facts: what there is to know, by what it is.
        counts: numbers, by what they count.
        plots: how it went so far: title, drawing, and the same in words; None where nothing goes on.
        wrong: what its check found, the worst first.
        account: what became of labels of another tool: class, read, carried.
        lines: to be read as they are, of the account.
        corrections: where corrected entries are sent; empty where there are none to correct.
        actions: what can be done now; `removal` is kept apart from them.
        terminal: commands that do the same, or what comes next, at a terminal: what for, and the command line.
        links: files to be fetched: where, and what they are.
    """

    path: str
    name: str
    project: str
    server: str
    version: str
    headline: str
    mood: str = ""
    message: str = ""
    progress: str = ""
    percent: int | None = None
    is_at_work: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    counts: tuple[tuple[str, str], ...] = ()
    plots: tuple[tuple[str, Markup, str], ...] | None = None
    wrong: tuple[Wrong, ...] = ()
    more_wrong: int = 0
    pictures: tuple[Picture, ...] = ()
    account: tuple[tuple[str, int, int], ...] = ()
    actions: tuple[Action, ...] = ()
    corrections: str = ""
    removal: Action | None = None
    terminal: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()

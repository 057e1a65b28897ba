"""Writes the pieces of a page of a run, each of which is written anew when something in it has changed.

Pure, but for the zone of this machine, in which moments are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bulk_importer.observe.markup import Content, Markup, element, facts_table, name, table
from bulk_importer.observe.page.running.view import Source, View
from bulk_importer.observe.page.running.words import is_over, shown_state, state_said, state_word
from bulk_importer.observe.parts import amount, duration
from bulk_importer.observe.report.course import course
from bulk_importer.observe.report.examples import examples
from bulk_importer.observe.report.particulars import events, findings
from bulk_importer.observe.report.values import Chapter, Verdict
from bulk_importer.observe.report.verdict import steps
from bulk_importer.observe.wording import source_called
from bulk_importer.readable import counted
from bulk_importer.steering.values import Standing

__all__ = ["called", "drawn_course", "pieces", "title_of"]

_BADGES = {
    "running": "going",
    "starting": "going",
    "complete": "done",
    "fruitless": "failed",
    "failed": "failed",
    "killed": "failed",
    "unusable": "failed",
}
_SIGNS = {
    "running": "\N{BLACK RIGHT-POINTING TRIANGLE}",
    "starting": "\N{HORIZONTAL ELLIPSIS}",
    "paused": "\N{DOUBLE VERTICAL BAR}",
    "waiting": "\N{HORIZONTAL ELLIPSIS}",
    "complete": "\N{CHECK MARK}",
    "fruitless": "\N{MULTIPLICATION X}",
    "failed": "\N{MULTIPLICATION X}",
    "killed": "\N{MULTIPLICATION X}",
    "unusable": "\N{MULTIPLICATION X}",
}
_BEYOND = frozenset({"stopping", "complete", "stopped", "failed", "killed"})
"""States in which nothing can be asked of a run any more."""
_STOPPED = "\N{BLACK SQUARE}"


def called(standing: Standing) -> str:
    """What people call the run: the name of its source."""
    source = source_called(standing.source or standing.checkpoint)
    return source.rstrip("/").rsplit("/", 1)[-1] or source


def title_of(view: View) -> str:
    """The title of the page: how far it is, of what, how it stands."""
    standing = view.standing
    far = "" if standing.percent is None or is_over(standing.state) else f"{standing.percent}% "
    state = shown_state(standing)
    return f"{_sign(state)} {far}{called(standing)}: {state_word(state).lower()}"


def pieces(view: View) -> Mapping[str, Markup]:
    """What stands in each place of the page, by its id."""
    chapter = _chapter(view)
    parts: dict[str, Content] = {
        "which": _which(view),
        "state": _state(view),
        "why": _why(view),
        "progress": _progress(view.standing, is_one_of_several=len(view.sources) > 1),
        "counts": _counts(view.standing),
        "steering": _steering(view),
        "sources": _sources(view.sources),
        "findings": findings(chapter, level=2),
        "examples": examples(chapter, level=2),
        "moments": events(view.course, level=2),
        "particulars": _particulars(view.standing),
    }
    return {place: _joined(content) for place, content in parts.items()}


def drawn_course(view: View) -> Markup | None:
    """The course in plots that need no script; None where nothing has happened yet."""
    return course(_chapter(view), level=2)


def _chapter(view: View) -> Chapter:
    """What of a view stands in a report, too."""
    return Chapter(
        name=called(view.standing),
        verdict=Verdict.GOING,
        headline="",
        outcome="",
        route="",
        course=view.course,
        findings=view.found,
        examples=view.examples,
    )


def _joined(content: Content) -> Markup:
    """The markup of several parts: that of an element without the element."""
    return Markup(element("i", content).text[3:-4])


def _sign(state: str) -> str:
    return _SIGNS.get(state, _STOPPED)


def _which(view: View) -> Content:
    standing = view.standing
    to: Content = [" into ", name(standing.project)] if standing.project else None
    at: Content = [" at ", standing.server] if standing.server else None
    return [
        element("h1", name(called(standing))),
        element("p", view.command, to, at, class_="route"),
    ]


def _state(view: View) -> Content:
    state = shown_state(view.standing)
    is_mixed = state == "complete" and view.standing.rejected
    badge = "partly" if is_mixed else _BADGES.get(state, "partly")
    sign = element("span", _sign(state), aria_hidden="true")
    return element("span", sign, " ", state_word(state), class_=f"badge {badge}")


def _why(view: View) -> Content:
    said = element("p", view.ended or state_said(view.standing), class_="outcome")
    return [said, steps("What to do now", view.steps, level=2)]


def _progress(standing: Standing, *, is_one_of_several: bool) -> Content:
    pace = _pace(standing, " of this source" if is_one_of_several else "")
    if standing.percent is None:
        done = counted(standing.settled, "entry") if standing.settled else "Nothing yet"
        return element("p", element("span", done, class_="far"), *pace, class_="pace")
    bar = element(
        "progress",
        f"{standing.percent}%",
        max=100,
        value=standing.percent,
        aria_label=f"{standing.percent}% of {called(standing)} is settled",
    )
    of = "" if standing.total is None else f"{standing.settled:,} of {counted(standing.total, 'entry')}"
    far = [element("span", f"{standing.percent}%", class_="far"), element("span", of)]
    return [bar, element("p", *far, *pace, class_="pace")]


def _pace(standing: Standing, of: str) -> list[Markup]:
    if is_over(standing.state):
        return []
    shown = []
    if standing.entries_per_second is not None and standing.state == "running":
        shown.append(f"{amount(standing.entries_per_second, 'entries')} entries/s")
    if standing.seconds_left is not None:
        shown.append(f"about {duration(standing.seconds_left)} left{of}")
    if standing.in_flight:
        shown.append(f"{counted(standing.in_flight, 'request')} on the way")
    return [element("span", each) for each in shown]


def _counts(standing: Standing) -> Markup:
    left = None if standing.total is None else max(0, standing.total - standing.settled - standing.in_doubt)
    tiles: list[tuple[str, int | None, bool]] = [
        ("delivered", standing.delivered, False),
        ("rejected", standing.rejected, True),
        ("unconfirmed", standing.in_doubt, True),
        ("not settled yet", left, False),
    ]
    return element("dl", [_tile(*each) for each in tiles if each[1] is not None], class_="counts")


def _tile(word: str, count: int | None, is_bad: bool) -> Markup:
    kind = "bad" if is_bad and count else None
    return element("div", element("dt", word), element("dd", f"{count or 0:,}"), class_=kind)


def _steering(view: View) -> Content:
    if not view.may_steer or view.ended or view.standing.state in _BEYOND:
        return None
    is_paused = view.standing.state == "paused"
    toggle = ("resume", "Resume") if is_paused else ("pause", "Pause")
    buttons = [
        _button(*toggle, id_="toggle"),
        _button("slower", "Slower", id_="slower"),
        _button("faster", "Faster", id_="faster"),
    ]
    stop = element("a", "Stop\N{HORIZONTAL ELLIPSIS}", href="/stop", class_="button stop", id="stop")
    return [
        element("h2", "Steer"),
        element("form", *buttons, stop, method="post", action="/do", class_="buttons"),
        element("p", _limits_said(view.standing), class_="more"),
        element("p", view.said, class_="said") if view.said else None,
    ]


def _button(word: str, text: str, *, id_: str) -> Markup:
    return element("button", text, type="submit", name="do", value=word, id=id_)


def _limits_said(standing: Standing) -> str:
    """What may leave at a time, and what more the command line allows."""
    if standing.limits == standing.allowed:
        return f"Limits: {standing.limits.words}, as it was started."
    by = f" Changed by {standing.changed_by}." if standing.changed_by else ""
    return f"Limits: {standing.limits.words}. It was started with {standing.allowed.words}.{by}"


def _sources(sources: Sequence[Source]) -> Content:
    if len(sources) < 2:
        return None
    rows = [
        (name(each.name), state_word(shown_state(each)), f"{each.delivered:,}", f"{each.rejected:,}")
        for each in sources
    ]
    columns = ("source", "how it stands", "delivered", "rejected")
    return [element("h2", "All sources"), table("One after the other", columns, rows, numbers=2)]


def _particulars(standing: Standing) -> Content:
    facts = (
        ("source", source_called(standing.source)),
        ("server", standing.server),
        ("project", standing.project),
        ("checkpoint", standing.checkpoint),
    )
    shown = [(key, element("code", value)) for key, value in facts if value]
    return [element("h2", "Particulars"), facts_table("The run", shown)] if shown else None

"""Each piece of a page says how the run stands, whoever named what, and nothing that strangers wrote is markup."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bulk_importer.observe.outcome import Step
from bulk_importer.observe.page.running.icons import icon
from bulk_importer.observe.page.running.pieces import drawn_course, pieces, title_of
from bulk_importer.observe.page.running.view import Source, View
from bulk_importer.observe.page.running.whole import stop_page, whole_page
from bulk_importer.observe.report.values import Example, Found
from bulk_importer.observe.timeline import Course, Mark
from bulk_importer.steering import Limits, Standing

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def view(**facts: Any) -> View:
    """A run that is half done; `facts` of the view, or of its standing."""
    standing: dict[str, Any] = {
        "state": "running",
        "source": "/data/labels.json",
        "server": "https://datagym.example",
        "project": "Streets",
        "total": 2000,
        "settled": 1000,
        "delivered": 990,
        "rejected": 10,
        "percent": 50,
        "entries_per_second": 25.0,
        "seconds_left": 40.0,
        "in_flight": 4,
        "limits": Limits(max_in_flight=8),
        "allowed": Limits(max_in_flight=8),
    }
    standing |= {name: facts.pop(name) for name in list(facts) if name in Standing.__struct_fields__}
    return View(command="import", standing=Standing(**standing), **{"may_steer": True, **facts})


def text_of(markup: str) -> str:
    """What is read of it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup)).strip()


def test_it_says_how_far_it_is_how_fast_and_how_long_it_takes() -> None:
    """The first thing that a person wants to know."""
    shown = pieces(view())
    assert text_of(shown["state"].text) == "▶ Running"
    pace = "50% 1,000 of 2,000 entries 25 entries/s about 40 s left 4 requests on the way"
    assert pace in text_of(shown["progress"].text)
    assert text_of(shown["counts"].text) == "delivered 990 rejected 10 unconfirmed 0 not settled yet 1,000"
    assert title_of(view()) == "▶ 50% labels.json: running"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"state": "paused", "waits_for": "paused by page"}, "Paused by page. Nothing new leaves"),
        ({"state": "waiting", "waits_for": "waiting for server 5 s: HTTP 503"}, "Waiting for server 5 s:"),
        ({"state": "stopping", "waits_for": "stopped by page"}, "Stopped by page. Nothing new leaves"),
        ({"state": "starting"}, "Nothing has been sent yet."),
        ({"state": "absent", "waits_for": "there is no checkpoint at a"}, "There is no checkpoint at a."),
        ({"state": "complete", "ended": "All 2,000 entries are delivered."}, "All 2,000 entries are"),
        ({"state": "never heard of"}, ""),
    ],
)
def test_it_says_what_it_waits_for_and_why(facts: dict[str, Any], said: str) -> None:
    """Or how it ended."""
    assert text_of(pieces(view(**facts))["why"].text).startswith(said)


def test_a_run_of_which_all_was_rejected_has_not_come_to_a_good_end() -> None:
    """Its word, its colour and its title say so; one of which some was rejected asks for a look."""
    nothing = view(state="complete", delivered=0, rejected=7)
    shown = pieces(nothing)
    assert 'class="badge failed"' in shown["state"].text
    assert text_of(shown["state"].text) == "\N{MULTIPLICATION X} Nothing delivered"
    assert "rejected" in text_of(shown["why"].text)
    assert title_of(nothing).endswith(": nothing delivered")
    assert 'class="badge partly"' in pieces(view(state="complete", delivered=5, rejected=2))["state"].text
    assert 'class="badge done"' in pieces(view(state="complete", delivered=5, rejected=0))["state"].text


def test_without_a_total_there_is_no_bar() -> None:
    """Standard input has no end before it comes."""
    shown = pieces(view(total=None, percent=None, seconds_left=None))
    assert "<progress" not in shown["progress"].text
    assert "1,000 entries" in text_of(shown["progress"].text)
    assert "not settled yet" not in shown["counts"].text


def test_buttons_are_those_that_mean_something() -> None:
    """And none where nobody obeys, or nothing goes on."""
    assert re.findall(r'value="(\w+)"', pieces(view())["steering"].text) == ["pause", "slower", "faster"]
    assert 'value="resume"' in pieces(view(state="paused"))["steering"].text
    overs: list[dict[str, Any]] = [
        {"may_steer": False},
        {"state": "complete"},
        {"state": "stopping"},
        {"ended": "It is over."},
    ]
    assert [pieces(view(**over))["steering"].text for over in overs] == [""] * 4


def test_limits_and_who_changed_them_stand_there() -> None:
    """Beside what the run was started with."""
    shown = text_of(pieces(view(limits=Limits(max_in_flight=2), changed_by="page"))["steering"].text)
    assert "Limits: 2 in flight. It was started with 8 in flight. Changed by page." in shown


def test_several_sources_are_listed_and_one_is_not() -> None:
    """With how each of them stands."""
    sources = [Source(name="a", state="complete", delivered=5), Source(name="b", state="starting")]
    assert "a Complete 5 0" in text_of(pieces(view(sources=sources))["sources"].text)
    assert pieces(view(sources=sources[:1]))["sources"].text == ""
    assert "about 40 s left of this source" in text_of(pieces(view(sources=sources))["progress"].text)


def test_what_strangers_wrote_is_text_everywhere() -> None:
    """A class, a file, a project, a server, an answer, an advice."""
    found = Found(code=EVIL, severity=EVIL, count=1, meaning=EVIL, advice=EVIL)
    finding = dict.fromkeys(("code", "pointer", "found", "expected", "advice"), EVIL)
    example = Example(code=EVIL, position=1, media_id=EVIL, findings=[finding], excerpt=EVIL)
    shown = view(
        **dict.fromkeys(("source", "server", "project", "checkpoint", "waits_for", "changed_by"), EVIL),
        state="waiting",
        limits=Limits(max_in_flight=1),
        said=EVIL,
        sources=[Source(name=EVIL, state=EVIL)] * 2,
        found=[found],
        examples=[example],
        steps=[Step(EVIL, path=EVIL)],
        course=Course(marks=(Mark(kind="limits", at=1.0, text=EVIL),)),
    )
    whole = whole_page(title_of(shown), "/icon.svg", pieces(shown), drawn_course(shown), may_steer=True)
    ours = whole_page("", "/icon.svg", pieces(view()), None, may_steer=True)
    assert whole.count("<script") == ours.count("<script") == 2
    assert "<img" not in whole
    assert "<script" not in stop_page(title_of(shown), "/icon.svg")


def test_a_page_has_a_place_for_each_piece_and_nothing_that_a_policy_forbids() -> None:
    """No style and no script is written into it."""
    shown = pieces(view())
    whole = whole_page("title", "/icon.svg", shown, None, may_steer=True)
    assert [place for place in shown if whole.count(f'id="{place}"') != 1] == []
    assert " style=" not in whole
    assert not re.search(r"\son\w+=", whole)
    known = {"/", "/do", "/stop", "/icon.svg"}
    known |= {f"/static/{name}" for name in ("page.css", "page.js", "uPlot.min.css", "uPlot.iife.min.js")}
    assert set(re.findall(r'(?:src|href|action)="([^"]*)"', whole)) == known


@pytest.mark.parametrize(
    "state", ["starting", "running", "paused", "waiting", "complete", "failed", EVIL, ""]
)
def test_the_sign_in_the_tab_says_how_it_stands(state: str) -> None:
    """And how far it is; whatever is asked for."""
    drawn = icon(state, 40).text
    assert drawn.startswith("<svg")
    assert "<script" not in drawn
    assert drawn != icon(state, 45).text

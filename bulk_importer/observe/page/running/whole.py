"""Writes a whole page of a run: its head, the places for its pieces, and the question before a stop. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bulk_importer.observe.markup import Content, Markup, element

__all__ = ["stop_page", "whole_page"]

_SCRIPTS = Markup(
    '<script src="/static/uPlot.iife.min.js" defer></script>\n<script src="/static/page.js" defer></script>\n'
)
_STOPS = (
    "Nothing new leaves then, and what is on its way may land. The same command resumes where it stopped."
)


def whole_page(
    title: str, icon: str, pieces: Mapping[str, Markup], plots: Markup | None, *, may_steer: bool
) -> str:
    """The page with its pieces as they are now; the script replaces those that change.

    Args:
        icon: the address of the sign in the tab of the browser.
        plots: what is shown instead of those that the script draws, where it does not run.
    """
    body = [
        element(
            "header",
            element("div", pieces["which"], id="which"),
            element("p", pieces["state"], id="state", role="status", class_="verdict"),
            element("div", pieces["why"], id="why"),
            element("div", pieces["progress"], id="progress"),
            element("div", pieces["counts"], id="counts"),
        ),
        element("section", pieces["steering"], id="steering", aria_label="Steer") if may_steer else None,
        element("div", pieces["sources"], id="sources"),
        _plots(),
        None if plots is None else element("noscript", plots),
        *(
            element("div", pieces[each], id=each)
            for each in ("findings", "examples", "moments", "particulars")
        ),
        _question("dialog", id="question", aria_labelledby="question-title") if may_steer else None,
    ]
    foot = element("footer", element("p", _WITHOUT_SCRIPT, id="connection", role="status"))
    return _document(
        title, icon, element("main", [[each, "\n"] for each in body if each]), foot, scripts=_SCRIPTS
    )


def stop_page(title: str, icon: str) -> str:
    """The question whether the run shall stop."""
    return _document(title, icon, element("main", _question("section")), None)


_WITHOUT_SCRIPT = Markup('Without script this page stands still. <a href="/">Load it again</a>')


def _question(tag: str, **attributes: str) -> Markup:
    level = "h1" if tag == "section" else "h2"
    form = element(
        "form",
        element("input", type="hidden", name="sure", value="yes"),
        element("button", "Stop it", type="submit", name="do", value="stop", class_="stop"),
        element("a", "Back", href="/", class_="button", id="back" if tag == "dialog" else None),
        method="post",
        action="/do",
        class_="buttons",
    )
    return element(
        tag, element(level, "Stop this run?", id="question-title"), element("p", _STOPS), form, **attributes
    )


def _plots() -> Markup:
    figures = [
        element(
            "figure",
            element("figcaption", words, id=f"plot-{key}-title"),
            element("div", id=f"plot-{key}", class_="plot", role="img", aria_labelledby=f"plot-{key}-title"),
        )
        for key, words in (
            ("pace", "Entries a second"),
            ("answers", "How long answers take"),
            ("flight", "Requests on their way"),
        )
    ]
    return element(
        "section",
        element("h2", "Over time"),
        element("div", *figures, class_="plots"),
        id="plots",
        hidden=True,
    )


def _document(title: str, icon: str, main: Markup, foot: Content, *, scripts: Markup | None = None) -> str:
    head: list[Content] = [
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("link", rel="icon", href=icon, type="image/svg+xml", id="icon"),
        element("link", rel="stylesheet", href="/static/page.css"),
        element("link", rel="stylesheet", href="/static/uPlot.min.css") if scripts else None,
    ]
    page = element(
        "html",
        element("head", "\n", [[each, "\n"] for each in head if each], scripts),
        "\n",
        element("body", "\n", main, "\n", foot),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{page.text}\n"

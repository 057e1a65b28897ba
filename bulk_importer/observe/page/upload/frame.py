"""What all pages of `serve` have: head, name, and how buttons and progress look. Pure."""

from __future__ import annotations

from bulk_importer.observe.markup import Content, Markup, element, link
from bulk_importer.observe.page.upload.values import Action

__all__ = ["action_form", "badge", "meter", "page"]


def page(
    title: str, project: str, server: str, *body: Content, path: str, version: str, is_at_work: bool
) -> str:
    """The text of a page.

    Args:
        path: where the page is found again, whatever it was the answer to.
        version: another one whenever what can be done on the page has changed.
        is_at_work: something goes on, so that it is looked at again from time to time where no script does that.
    """
    head = [
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("link", rel="icon", href="/static/icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href="/static/page.css"),
        element("link", rel="stylesheet", href="/static/upload.css"),
        element("noscript", element("meta", http_equiv="refresh", content=f"3; url={path}"))
        if is_at_work
        else None,
        Markup('<script src="/static/upload.js" defer></script>'),
    ]
    home = link("/", "Uploads", class_="home")
    place = element("span", "to project ", element("bdi", project), " at ", element("bdi", server))
    banner = element("header", element("nav", home, aria_label="Pages"), place, class_="banner")
    lines: list[Content] = [[each, "\n"] for each in head if each is not None]
    whole = element(
        "html",
        "\n",
        element("head", "\n", lines),
        "\n",
        element(
            "body",
            "\n",
            banner,
            "\n",
            element("main", "\n", body, data_path=path, data_version=version),
            "\n",
        ),
        "\n",
        lang="en",
    )
    return f"<!doctype html>\n{whole.text}\n"


def badge(state: str, mood: str) -> Markup:
    """A word for how something stands; the mood is in the word as well as in its colour."""
    return element("span", state, class_=f"badge {mood}".strip())


def meter(percent: int | None, label: str) -> Markup:
    """How far something is, as a bar."""
    return element(
        "progress", f"{percent} %" if percent is not None else "", max=100, value=percent, aria_label=label
    )


def action_form(action: Action, *, number: int) -> Markup:
    """A button with what it sends, and what has to be ticked before.

    Args:
        number: of the action on its page.
    """
    parts: list[Content] = [
        element("input", type="hidden", name=name, value=value) for name, value in action.fields
    ]
    for sentence, name, is_required in ((action.consent, "consent", True), (action.choice, "choice", False)):
        if sentence:
            at = f"{name}-{number}"
            tick = element("input", type="checkbox", id=at, name=name, value="yes", required=is_required)
            parts.append(element("p", tick, " ", element("label", sentence, for_=at), class_="tick"))
    parts.append(element("button", action.label, type="submit", class_=action.tone or None))
    return element("form", parts, method="post", action=action.path, class_="action")

"""The page of one upload: how it stands, what its check found, what can be done with it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bulk_importer.observe.markup import Content, Markup, element, facts_table, link, table
from bulk_importer.observe.page.upload.frame import action_form, badge, meter, page
from bulk_importer.observe.page.upload.values import Picture, Sheet, Wrong
from bulk_importer.readable import counted

__all__ = ["sheet_page"]


def sheet_page(sheet: Sheet, notice: str = "") -> str:
    """The text of the page.

    Args:
        notice: what a person has to know first, as why something was not done.
    """
    return page(
        f"{sheet.headline} - {sheet.name}",
        sheet.project,
        sheet.server,
        element("h1", element("bdi", sheet.name)),
        "\n",
        element("p", notice, role="alert", class_="notice") if notice else None,
        _standing(sheet),
        "\n",
        _actions(sheet),
        _section("counts", "In numbers", _counts(sheet)),
        _section("course", "How it goes", _course(sheet)),
        _section("account", "What becomes of its labels", _account(sheet)),
        _section("wrong", "What was found", _wrong(sheet)),
        _section("pictures", "Some of the entries that are rejected", _pictures(sheet.pictures)),
        _section("files", "To be fetched", _links(sheet)),
        _section("corrections", "Correct them", _corrections(sheet.corrections)),
        _section("terminal", "At a terminal", _terminal(sheet.terminal)),
        _section("facts", "About the upload", [facts_table("About the upload", sheet.facts)]),
        _section("removal", "Remove it", [action_form(sheet.removal, number=99)] if sheet.removal else []),
        path=sheet.path,
        version=sheet.version,
        is_at_work=sheet.is_at_work,
    )


def _standing(sheet: Sheet) -> Markup:
    parts: list[Content] = [element("p", badge(sheet.headline, sheet.mood), role="status")]
    if sheet.is_at_work:
        parts.append(element("p", meter(sheet.percent, sheet.headline), " ", sheet.progress))
    if sheet.message:
        parts.append(element("p", sheet.message, class_="message"))
    return element("section", parts, aria_label="How it stands", data_live="standing")


def _actions(sheet: Sheet) -> Markup | None:
    if not sheet.actions:
        return None
    forms = [action_form(action, number=number) for number, action in enumerate(sheet.actions)]
    return element("section", forms, aria_label="What can be done", class_="actions")


def _section(at: str, title: str, content: Sequence[Content]) -> Content:
    if not content:
        return None
    live = at if at in ("counts", "course") else None
    return [
        element("section", element("h2", title, id=at), "\n", content, aria_labelledby=at, data_live=live),
        "\n",
    ]


def _counts(sheet: Sheet) -> Sequence[Content]:
    return [facts_table("In numbers", sheet.counts)] if sheet.counts else []


def _course(sheet: Sheet) -> Sequence[Content]:
    if sheet.plots is None:
        return []
    return [_plot(*each) for each in sheet.plots] or [element("p", "Nothing was sent yet.")]


def _plot(title: str, svg: Markup, text: str) -> Markup:
    caption = element("figcaption", element("strong", title), element("p", text, class_="quiet"))
    return element("figure", svg, caption)


def _account(sheet: Sheet) -> Sequence[Content]:
    if not sheet.account:
        return []
    rows = [
        (element("bdi", label) if label else "(no class)", f"{read:,}", f"{carried:,}", f"{read - carried:,}")
        for label, read, carried in sheet.account
    ]
    columns = ("Class", "Read", "Carried", "Left behind")
    return [table("Labels by class", columns, rows, numbers=3)]


def _wrong(sheet: Sheet) -> Sequence[Content]:
    if not sheet.wrong:
        return []
    more = f"And {counted(sheet.more_wrong, 'more place')}." if sheet.more_wrong else None
    return [
        element("ul", [_finding(each) for each in sheet.wrong], class_="findings"),
        element("p", more) if more else None,
    ]


def _finding(wrong: Wrong) -> Markup:
    values = [_value(each, is_one_of_several=len(wrong.found) > 1) for each in wrong.found]
    return element(
        "li",
        element(
            "p",
            badge(f"{wrong.count:,} x {wrong.severity}", "bad" if wrong.severity == "error" else "waits"),
            " ",
            element("strong", wrong.code),
            " at ",
            element("code", wrong.place or "the entry itself"),
        ),
        element("p", "Found ", values, f"expected {wrong.expected}" if wrong.expected else None)
        if values
        else None,
        element("p", wrong.advice),
    )


def _value(found: tuple[str, int], *, is_one_of_several: bool) -> Content:
    value, count = found
    return [element("code", value), f" ({count:,} x)" if is_one_of_several else "", "; "]


def _pictures(pictures: Sequence[Picture]) -> Sequence[Content]:
    return [_figure(each) for each in pictures]


def _figure(picture: Picture) -> Markup:
    return element(
        "figure",
        picture.svg,
        element(
            "figcaption",
            element("strong", picture.title),
            element("ol", [element("li", each) for each in picture.wrong]),
            element("p", picture.text, class_="quiet") if picture.text else None,
        ),
        class_="picture",
    )


def _links(sheet: Sheet) -> Sequence[Content]:
    return [element("ul", [element("li", link(*each)) for each in sheet.links])] if sheet.links else []


def _corrections(path: str) -> Sequence[Content]:
    if not path:
        return []
    what = (
        "Fix rejected entries in a copy of rejected.jsonl, and send that, or some of its lines: they are checked, and "
        "delivered in the same import."
    )
    field = element("input", id="corrected", name="file", type="file", required=True)
    label = element("label", "Corrected lines", for_="corrected")
    button = element("button", "Send them", type="submit")
    form = element(
        "form",
        element("p", label, " ", field, " ", button),
        method="post",
        action=path,
        enctype="multipart/form-data",
    )
    return [element("p", what), form]


def _terminal(commands: Sequence[tuple[str, str]]) -> Sequence[Content]:
    return [
        [
            element("p", what),
            element("pre", element("code", command), tabindex=0, role="group", aria_label=what),
        ]
        for what, command in commands
    ]

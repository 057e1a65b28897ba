"""The pages for whoever has not been let in: how one gets in, and nothing about the run. Pure."""

from __future__ import annotations

__all__ = ["closed_page", "link_asked_page", "opened_page"]

_FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}<title>{title} - bulk-importer</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/page.css">
</head>
<body class="door">
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""
_TYPED = """<form method="post" action="/sign-in">
<p><label for="token">Token of this page</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus></p>
<p><button type="submit">Open</button></p>
</form>
<p>It stands in the file that the command was given with <code>--page-token-file</code>.</p>
"""
_PRINTED = """<p>It is opened with a link that is printed where the command runs, and is good once.</p>
<form method="post" action="/link">
<p><button type="submit">Print a new link there</button></p>
</form>
"""
_AGAIN = '<p>Whoever has opened it in this browser before can <a href="/">open it again</a>.</p>'


def closed_page(said: str, *, has_token: bool) -> str:
    """What is shown instead of a page: how it is opened.

    Args:
        said: what went wrong, in a sentence without mark-up; empty where nothing did.
        has_token: whether a token opens it, too.
    """
    why = f'<p role="alert"><strong>{said}</strong></p>\n' if said else ""
    return _page("This page is closed", why + (_TYPED if has_token else "") + _PRINTED + _AGAIN)


def link_asked_page(*, is_printed: bool) -> str:
    """What is shown when somebody has asked for a link."""
    said = (
        "A new link was printed where the command runs." if is_printed else "A link was printed a moment ago."
    )
    return _page("Look at the terminal", f"<p>{said} Open that one.</p>\n{_AGAIN}")


def opened_page() -> str:
    """What a link leads to: on to the page.

    No redirect: a browser would leave out the new cookie where another site led to the link.
    """
    return _page(
        "Opening", '<p><a href="/">To the page</a></p>', '<meta http-equiv="refresh" content="0; url=/">\n'
    )


def _page(title: str, body: str, head: str = "") -> str:
    return _FRAME.format(title=title, body=body, head=head)

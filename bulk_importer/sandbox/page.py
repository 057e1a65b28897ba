"""The page at `/`, where a person sees what a sandbox holds and which requests came. It has no scripts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from aiohttp import web

from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.request_log import LoggedRequest
from bulk_importer.sandbox.routes.inspection import ProjectHeld, projects_held

__all__ = ["Page"]

_SHOWN: Final = 50
_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}"
    "th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8885;vertical-align:top}"
    "td.number,th.number{text-align:right}code{font-size:.9em}.lost{color:light-dark(#a3201c,#ff9d94)}"
    "p code{overflow-wrap:anywhere}"
)


class Page:
    """Shows projects with counts of media and labels, and the last requests with what became of them."""

    def __init__(self, context: SandboxContext) -> None:
        self._context = context

    def register(self, router: web.UrlDispatcher) -> None:
        """Register the page with the router."""
        router.add_get("/", self._show)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        projects = await self._context.on_store(lambda: projects_held(self._context))
        latest = self._context.request_log.requests[: -_SHOWN - 1 : -1]
        text = _document(f"http://{request.host}", projects, latest)
        return web.Response(text=text, content_type="text/html")


def _document(url: str, projects: Sequence[ProjectHeld], requests: Sequence[LoggedRequest]) -> str:
    example = projects[-1].name if projects else "NAME"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>DataGym sandbox</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head><body><main><h1>DataGym sandbox</h1>"
        "<p>A server to rehearse on. Import into it with<br><code>bulk-importer import FILE.json --server "
        f"{escape(url)} --project {escape(repr(example) if ' ' in example else example)}</code></p>"
        "<h2>Projects</h2>"
        + _table(
            "Projects",
            ("Name", "Id", "Media", "With labels", "Values", "Finished tasks"),
            2,
            map(_cells, projects),
        )
        + f"<h2>The last requests</h2><p>{len(requests)} shown, the last first.</p>"
        + _table(
            "The last requests",
            ("Time", "Request", "Status", "Bytes", "Media", "What became of it"),
            3,
            map(_request, requests),
        )
        + "</main></body></html>"
    )


def _table(name: str, heads: Sequence[str], first_number: int, rows: Iterable[str]) -> str:
    """On a narrow screen it is moved sideways, with a finger or the arrow keys."""

    def kind(column: int) -> str:
        return ' class="number"' if first_number <= column < len(heads) - (first_number == 3) else ""

    head = "".join(f'<th scope="col"{kind(column)}>{text}</th>' for column, text in enumerate(heads))
    region = f'<div class="wide" role="region" aria-label="{name}" tabindex="0">'
    return f"{region}<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"


def _cells(project: ProjectHeld) -> str:
    counts = (project.media, project.labelled, project.values, project.finished)
    numbers = "".join(f'<td class="number">{count:,}</td>' for count in counts)
    return f"<tr><td>{escape(project.name)}</td><td><code>{project.id}</code></td>{numbers}</tr>"


def _request(logged: LoggedRequest) -> str:
    fate = [escape(logged.fault)] if logged.fault else []
    if logged.committed:
        fate.append(f"written, {logged.rows:,} rows")
    if logged.refused:
        fate.append(f'<span class="lost">{escape(logged.refused)}</span>')
    if logged.ended is None:
        fate.append("still running")
    numbers = (
        f"{logged.body_bytes:,}" if logged.body_bytes else "",
        f"{len(logged.media_ids):,}" if logged.media_ids else "",
    )
    return (
        f"<tr><td>{time.strftime('%H:%M:%S', time.localtime(logged.began))}</td>"
        f"<td>{escape(logged.method)} <code>{escape(logged.path)}</code></td><td>{logged.status or 'no answer'}</td>"
        f'<td class="number">{numbers[0]}</td><td class="number">{numbers[1]}</td><td>{", ".join(fate)}</td></tr>'
    )

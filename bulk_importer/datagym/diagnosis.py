"""Examines the way to a server step by step, from its URL to the project, and says what to do where it is blocked.

Each step is one request at most, and a read. What cannot be examined because an earlier step failed is said to be so.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from bulk_importer.datagym import routes
from bulk_importer.datagym.http_dates import http_date
from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.reads.queries import WHERE_TOKENS_ARE_MADE, Patience, Queries
from bulk_importer.datagym.remedies import ANY_REMEDY, PROXY_REMEDY, remedy_for
from bulk_importer.datagym.routes import RouteSet
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.api_token import TOKEN_VARIABLE, Token
from bulk_importer.datagym.wire.client import Answer, Client, RequestFailed
from bulk_importer.datagym.wire.connection import ConnectionSettings
from bulk_importer.datagym.wire.proxies import Proxy
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError
from bulk_importer.settings import Settings

__all__ = ["Examined", "Health", "diagnose"]

_SKEW_SECONDS = 30.0


class Health(StrEnum):
    """How an examined step came out."""

    WELL = "ok"
    DOUBTFUL = "doubtful"
    FAILED = "failed"
    UNKNOWN = "not examined"


class Examined(msgspec.Struct, frozen=True):
    """The outcome of one step of the diagnosis.

    Attributes:
        found: what was seen, in a sentence or less.
        remedy: what to do; empty where nothing is.
        exit_code: what a run would end with because of it.
    """

    step: str
    health: Health
    found: str
    remedy: str = ""
    exit_code: int = ExitCode.DELIVERED


async def diagnose(settings: Settings, token: Token) -> AsyncIterator[Examined]:
    """Examine URL, proxy, connection, routes and token, clock, project, upload route; in this order, one at a time."""
    try:
        client, proxy = Client.of(settings, token), ConnectionSettings.of(settings).proxy
    except UsageError as error:
        yield Examined(
            "url", Health.FAILED, str(error), "Give --server the URL of the start page.", ExitCode.USAGE
        )
        return
    yield Examined("url", Health.WELL, client.server)
    async with client:
        async for step in _steps(client, settings, token, proxy):
            yield step


async def _steps(
    client: Client, settings: Settings, token: Token, proxy: Proxy | None
) -> AsyncIterator[Examined]:
    try:
        answer = await client.get(routes.projects(RouteSet.TOKEN))
    except RequestFailed as error:
        if error.proxy is not None:
            yield Examined("proxy", Health.FAILED, error.reason, PROXY_REMEDY, ExitCode.SERVER)
            yield Examined("connection", Health.UNKNOWN, "the proxy does not let us through")
        else:
            yield _without_trouble(proxy)
            yield _unreachable(client, error)
        for step in ("routes and token", "clock", "project", "upload route"):
            yield Examined(step, Health.UNKNOWN, "the server cannot be reached")
        return
    is_of_a_server = _is_of_a_server(answer, client, proxy)
    yield _without_trouble(proxy) if is_of_a_server else _perhaps_the_proxy(answer, proxy)
    is_tls = client.server.startswith("https:")
    yield Examined(
        "connection", Health.WELL, f"it answers, {'over TLS' if is_tls else 'in plain text, without TLS'}"
    )
    access = await _access(client, answer, token)
    if not is_of_a_server and access.health is Health.FAILED:
        access = msgspec.structs.replace(
            access, remedy="Look at the proxy first: the server may not have been asked."
        )
    yield access
    yield _clock(answer)
    if access.health is Health.FAILED:
        yield Examined("project", Health.UNKNOWN, "no routes are open")
        yield Examined("upload route", Health.UNKNOWN, "no routes are open")
        return
    project, found = await _project(client, settings)
    yield found
    yield await _upload_route(client, project)


def _without_trouble(proxy: Proxy | None) -> Examined:
    return Examined("proxy", Health.WELL, str(proxy or "none, the connection is direct"))


def _is_of_a_server(answer: Answer, client: Client, proxy: Proxy | None) -> bool:
    """Whether the proxy cannot have answered: it sees no more than bytes, or the answer is none of a proxy's pages."""
    sees_bytes = proxy is None or proxy.is_socks or client.server.startswith("https:")
    return sees_bytes or answer.status < 400 or answer.body.lstrip()[:1] in (b"{", b"[")


def _perhaps_the_proxy(answer: Answer, proxy: Proxy | None) -> Examined:
    found = (
        f"{proxy}; the page with status {answer.status} that comes back may be its own, and not the server's"
    )
    return Examined("proxy", Health.DOUBTFUL, found, PROXY_REMEDY)


def _unreachable(client: Client, error: RequestFailed) -> Examined:
    found = f"{client.server}: {error}"
    return Examined("connection", Health.FAILED, found, remedy_for(error), ExitCode.SERVER)


async def _access(client: Client, answer: Answer, token: Token) -> Examined:
    """Which set of routes is open, and whether the token is what opens it."""
    step = "routes and token"
    given = "with the token" if token else "without a token"
    if _is_list(answer):
        return Examined(step, Health.WELL, f"the token routes are open {given}")
    try:
        other = await client.get(routes.projects(RouteSet.OPEN_CORE))
    except RequestFailed as error:
        return Examined(step, Health.FAILED, str(error), ANY_REMEDY, ExitCode.SERVER)
    if _is_list(other):
        ignored = "; the token is not needed here, and ignored" if token else ""
        return Examined(
            step, Health.WELL, f"an open-core server: the routes of the browser are open{ignored}"
        )
    found = f"the list of projects is answered with {answer.status} {given}"
    if answer.status == 200 or answer.status in (301, 302, 307, 308, 404):
        remedy = "This is not a DataGym, or not its start page; give --server the URL without a path, and with https."
    elif token:
        remedy = f"The token is wrong, was deleted, or belongs elsewhere; {WHERE_TOKENS_ARE_MADE}."
    else:
        remedy = f"Put a token into {TOKEN_VARIABLE} or --token-file; {WHERE_TOKENS_ARE_MADE}."
    return Examined(step, Health.FAILED, found, remedy, ExitCode.SERVER)


def _is_list(answer: Answer) -> bool:
    if answer.status != 200:
        return False
    try:
        msgspec.json.decode(answer.body, type=list[Project])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


def _clock(answer: Answer) -> Examined:
    """Whether both clocks agree, as far as a date in whole seconds tells."""
    theirs = http_date(answer.headers.get("date", ""))
    if theirs is None:
        return Examined("clock", Health.UNKNOWN, "the server does not say what time it is")
    skew = (datetime.now(UTC) - theirs).total_seconds()
    if abs(skew) <= _SKEW_SECONDS:
        return Examined("clock", Health.WELL, f"within {_SKEW_SECONDS:.0f} s of the server's")
    where = "ahead of" if skew > 0 else "behind"
    return Examined(
        "clock",
        Health.DOUBTFUL,
        f"{abs(skew):,.0f} s {where} the server's",
        "Set the clock of this machine by NTP: what became of a lost answer is judged by times.",
    )


async def _project(client: Client, settings: Settings) -> tuple[Project | None, Examined]:
    if not settings.project:
        return None, Examined("project", Health.UNKNOWN, "no --project is given")

    async def at_once(_: float) -> None:
        """Nothing is tried again here."""

    catalog = Catalog(Queries(client, Patience(0.0, 0.0, Timing(time.monotonic, at_once), lambda _: None)))
    try:
        project = await catalog.find_project(settings.project)
    except BulkImporterError as error:
        return None, Examined("project", Health.FAILED, str(error), "", error.exit_code)
    found = f"{project.name} ({project.id}): {project.media_count:,} media"
    if project.media_type == "VIDEO":
        remedy = "Labels cannot be imported into projects of videos; give a project of images."
        return project, Examined(
            "project", Health.FAILED, f"{found}; it holds videos", remedy, ExitCode.USAGE
        )
    if not project.media_count:
        return project, Examined(
            "project",
            Health.DOUBTFUL,
            found,
            "Connect a dataset with it; without media nothing can be imported.",
        )
    return project, Examined("project", Health.WELL, found)


async def _upload_route(client: Client, project: Project | None) -> Examined:
    """Whether something in front of the server lets uploads through: the server answers a GET there with 405."""
    if project is None:
        return Examined("upload route", Health.UNKNOWN, "no project is known")
    try:
        answer = await client.get(routes.upload(project.id))
    except RequestFailed as error:
        return Examined("upload route", Health.FAILED, str(error), ANY_REMEDY, ExitCode.SERVER)
    if answer.status == 405:
        return Examined("upload route", Health.WELL, "it is there")
    return Examined(
        "upload route",
        Health.DOUBTFUL,
        f"a look at it is answered with {answer.status} and not with 405",
        "A proxy in front of the server may not let uploads through; try one entry with 'import --limit 1'.",
    )

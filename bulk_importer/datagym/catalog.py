"""Looks things up on the server: which routes it opens to us, and which project is meant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from bulk_importer.datagym import routes
from bulk_importer.datagym.answers import FailureKind
from bulk_importer.datagym.client import Answer, Client, RequestFailed
from bulk_importer.datagym.policy import RetryPolicy
from bulk_importer.datagym.retry import until_answered
from bulk_importer.datagym.routes import RouteSet
from bulk_importer.errors import NotAuthorised, ProjectNotFound, ServerUnavailable

__all__ = ["Catalog", "Project"]

_T = TypeVar("_T")

_PASSING_STATUSES = frozenset({408, 425, 429, 502, 503, 504})
_NO_TOKEN_ROUTES = frozenset({401, 403, 404, 500})
_LISTED_NAMES = 10


class Project(msgspec.Struct, frozen=True, rename="camel"):
    """A project, as both sets of routes list it."""

    id: str
    name: str
    media_type: str
    label_configuration_id: str | None = None
    label_iteration_id: str | None = None


class _Passing(Exception):
    """The server cannot answer at the moment."""


class Catalog:
    """Look-ups on one server. Reads only; each is tried again while the server does not answer.

    Args:
        max_seconds: how long one look-up is tried again.
    """

    def __init__(
        self,
        client: Client,
        *,
        max_seconds: float,
        sleep: Callable[[float], Awaitable[None]],
        chance: Callable[[], float],
    ) -> None:
        self._client = client
        self._max_seconds = max_seconds
        self._sleep = sleep
        self._chance = chance
        # Found out by the first look-up.
        self._routes: RouteSet | None = None

    async def projects(self) -> list[Project]:
        """The projects that we may see.

        Raises:
            NotAuthorised: neither set of routes is open to us.
            ServerUnavailable: no answer, or none of a DataGym.
        """
        answer = await self._get(routes.projects(RouteSet.TOKEN))
        if answer.status != 200 and answer.status in _NO_TOKEN_ROUTES:
            # A self-hosted server opens no token route; a hosted one refuses the others, so this one decides.
            refusal, answer = answer, await self._get(routes.projects(RouteSet.OPEN_CORE))
            if answer.status != 200:
                raise NotAuthorised(
                    self._client.server, f"it answers {refusal.status} to the list of projects"
                )
            self._routes = RouteSet.OPEN_CORE
        elif answer.status == 200:
            self._routes = RouteSet.TOKEN
        return self._read(answer, list[Project])

    async def find_project(self, wanted: str) -> Project:
        """The project of that id, or of that name where only one has it.

        Raises:
            ProjectNotFound: there is none, or several; it names those that exist.
        """
        known = await self.projects()
        by_id = [project for project in known if project.id == wanted]
        found = by_id or [project for project in known if project.name == wanted]
        if len(found) != 1:
            listed = found or known
            names = [f"{project.name} ({project.id})" for project in listed[:_LISTED_NAMES]]
            raise ProjectNotFound(self._client.server, wanted, names)
        return found[0]

    async def _get(self, path: str) -> Answer:
        async def once() -> Answer:
            answer = await self._client.get(path)
            if answer.status in _PASSING_STATUSES:
                raise _Passing(f"it answers {answer.status}")
            return answer

        try:
            return await until_answered(
                once,
                RetryPolicy(),
                is_passing=_is_passing,
                max_seconds=self._max_seconds,
                sleep=self._sleep,
                chance=self._chance,
            )
        except (_Passing, RequestFailed) as error:
            raise ServerUnavailable(self._client.server, str(error)) from error

    def _read(self, answer: Answer, kind: type[_T]) -> _T:
        if answer.status != 200:
            raise ServerUnavailable(
                self._client.server, f"it answers {answer.status} where a list was expected"
            )
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except msgspec.MsgspecError as error:
            raise ServerUnavailable(
                self._client.server,
                f"its answer is not one of a DataGym ({error})",
                advice="Check the URL: it should be that of the start page, without a path.",
            ) from error


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, RequestFailed):
        return error.kind is not FailureKind.CERTIFICATE
    return isinstance(error, _Passing)

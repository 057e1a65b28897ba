"""Where on the server things are. Pure.

There are two sets of routes. A hosted DataGym opens `/api/v1/...` to a token. A self-hosted open-core server answers
403 there, but for the upload, and has the same under `/api/...` without any credentials (protocol 1.4, 3.6).
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import quote

__all__ = ["RouteSet", "project_task_list", "projects", "upload"]


class RouteSet(StrEnum):
    """Which routes the server opens to us."""

    TOKEN = "token"  # noqa: S105 - the name of a set of routes
    OPEN_CORE = "open-core"


def upload(project_id: str) -> str:
    """Takes label data; works on both kinds of servers."""
    return f"/api/v1/project/{quote(project_id, safe='')}/prediction"


def projects(routes: RouteSet) -> str:
    """All projects that we may see."""
    return "/api/v1/project" if routes is RouteSet.TOKEN else "/api/project"


def project_task_list(routes: RouteSet, project_id: str, state: str) -> str:
    """The tasks of a project in one state, without paging."""
    project = quote(project_id, safe="")
    if routes is RouteSet.TOKEN:
        return f"/api/v1/task/{project}/list?state={state}"
    return f"/api/project/{project}/task?state={state}"

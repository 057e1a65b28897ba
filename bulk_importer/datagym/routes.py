"""Where on the server things are. Pure.

There are two sets of routes. A hosted DataGym opens `/api/v1/...` to a token. A self-hosted open-core server answers
403 there, but for the upload, and has the same under `/api/...` without any credentials (protocol 1.4, 3.6).
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import quote, urlsplit, urlunsplit

__all__ = [
    "RouteSet",
    "dataset_media",
    "dataset_media_page",
    "datasets",
    "label_configuration",
    "label_configuration_change",
    "labels",
    "project_task_list",
    "projects",
    "server_url",
    "task",
    "task_change",
    "task_review",
    "upload",
]


class RouteSet(StrEnum):
    """Which routes the server opens to us."""

    TOKEN = "token"  # noqa: S105 - the name of a set of routes
    OPEN_CORE = "open-core"


def server_url(text: str) -> str:
    """The URL of a server in the one spelling that is recorded: scheme and host in lower case, no slash at the end."""
    parts = urlsplit(text)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"), "", ""))


def upload(project_id: str) -> str:
    """The path that takes label data; the same for both sets of routes."""
    return f"/api/v1/project/{_segment(project_id)}/prediction"


def projects(routes: RouteSet) -> str:
    """The path of the list of all projects that we may see, with their datasets."""
    return "/api/v1/project" if routes is RouteSet.TOKEN else "/api/project"


def datasets() -> str:
    """The path of all datasets without their media; open-core only, by token it would bring every media with it."""
    return "/api/dataset"


def project_task_list(routes: RouteSet, project_id: str, state: str, *, limit: int = 0) -> str:
    """The path of the tasks of a project in one state, without paging; at most `limit` of them, 0 for all."""
    project = _segment(project_id)
    path = (
        f"/api/v1/task/{project}/list" if routes is RouteSet.TOKEN else f"/api/project/{project}/task"
    ) + f"?state={state}"
    return f"{path}&limit={limit}" if limit else path


def task(routes: RouteSet, task_id: str) -> str:
    """The path of a task with the label configuration and labels of its media; **reading it writes** (protocol 3.4)."""
    return f"{'/api/v1' if routes is RouteSet.TOKEN else '/api'}/task/{_segment(task_id)}"


def task_change(routes: RouteSet, task_id: str, change: str) -> str:
    """The path that changes the state of a task; `change` is `completeTask` or `skipTask` (protocol 3.5)."""
    return f"{task(routes, task_id)}/{change}"


def task_review() -> str:
    """The path that says of a finished task that it was reviewed; open-core only (protocol 3.8)."""
    return "/api/task/reviewedSuccess"


def labels(iteration_id: str, media_id: str, task_id: str) -> str:
    """The path of what a media holds; open-core only, and reading it writes nothing."""
    return f"/api/lcvalues/{_segment(iteration_id)}/{_segment(media_id)}/{_segment(task_id)}"


def label_configuration(configuration_id: str) -> str:
    """The path of a label configuration; open-core only, by token a task has to be read."""
    return f"/api/lconfig/{_segment(configuration_id)}"


def label_configuration_change(configuration_id: str, *, is_first: bool) -> str:
    """The path that sets a label configuration and leaves the states of tasks alone (protocol 3.8).

    In open-core it takes any; by token, `is_first`, only one where there is none.
    """
    if is_first:
        return f"/api/v1/config/{_segment(configuration_id)}"
    return f"{label_configuration(configuration_id)}?changeStatus=false"


def dataset_media(routes: RouteSet, dataset_id: str) -> str:
    """The path of the media of a dataset: below `media` by token, an array in open-core."""
    dataset = _segment(dataset_id)
    return f"/api/v1/dataset/{dataset}" if routes is RouteSet.TOKEN else f"/api/dataset/{dataset}/file"


def dataset_media_page(dataset_id: str, page: int, size: int) -> str:
    """The path of one page of the media of a dataset, counted from 0; open-core only."""
    return f"/api/dataset/{_segment(dataset_id)}/media?pageIndex={page}&numberOfElementsPerPage={size}"


def _segment(text: str) -> str:
    return quote(text, safe="")

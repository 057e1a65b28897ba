"""Finds the upload that a request is about."""

from __future__ import annotations

from bulk_importer.cli.serving.spool.values import Job
from bulk_importer.cli.serving.work.office import Office
from bulk_importer.loading.http_library import web

__all__ = ["job_of"]


def job_of(office: Office, request: web.Request) -> Job:
    """The upload that a request is about.

    Raises:
        web.HTTPNotFound: there is none of that id.
    """
    job = office.jobs.get(request.match_info["id"])
    if job is None:
        raise web.HTTPNotFound(text="There is no such upload. It may have been removed.")
    return job

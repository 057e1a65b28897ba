"""What of the settings goes into a plan, so that all workers import by the same; and what must not.

A plan is read by whoever can read its place, so there is no secret in it, and nothing that is of one machine alone.
What the parts of a plan say themselves (where to, seats, budgets) is not said twice.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bulk_importer.errors import UsageError
from bulk_importer.readable import as_path, readable
from bulk_importer.settings import LabelConfigFrom, Settings, definitions
from bulk_importer.settings.fleet import FILES_OF_A_MACHINE

__all__ = ["place_of_source", "settings_kept"]

_SECTIONS = frozenset({"server", "reading", "checking", "sending", "fleet"})
_SAID_BY_THE_PLAN = frozenset(
    {
        "server",
        "project",
        "max_errors",
        "max_in_flight",
        "max_requests_per_second",
        "max_entries_per_second",
        "max_bytes_per_second",
    }
)
_OF_A_MACHINE = FILES_OF_A_MACHINE | {"workers", "engine", "scheduler"}
_FILES = frozenset({"media_list", "media_map"})


def settings_kept(settings: Settings) -> Mapping[str, str | int | float | bool | list[str] | None]:
    """The settings that a plan keeps, by name, as a settings file has them; of files the absolute path.

    Raises:
        UsageError: one of them may be a secret, or has no meaning for a plan.
    """
    if settings.limit is not None:
        raise UsageError(
            "--limit has no meaning for a plan: each of its shards is imported whole. Leave it out."
        )
    return {
        each.name: _kept(each.name, value)
        for each in definitions()
        if each.section in _SECTIONS and each.name not in _SAID_BY_THE_PLAN | _OF_A_MACHINE
        if (value := getattr(settings, each.name)) != each.default
    }


def _kept(name: str, value: Any) -> Any:
    if name == "header":
        return list(map(_header, value))
    if name in _FILES or (name == "label_config" and value not in tuple(LabelConfigFrom)):
        return os.path.abspath(value)
    return list(value) if isinstance(value, tuple) else value


def _header(text: str) -> str:
    if not text.startswith("@"):
        raise UsageError(
            "--header: a plan holds no secrets, and what a header says may be one. Put it into a file that every "
            "worker has, and give --header @FILE."
        )
    return f"@{os.path.abspath(text[1:])}"


def place_of_source(spec: str) -> str:
    """A source as every worker can name it: a URL as it is, of a file the absolute path.

    Raises:
        UsageError: it is a URL that may hold a secret.
    """
    if "://" not in spec:
        return readable(os.path.abspath(as_path(spec, exists=os.path.exists)))
    parts = urlsplit(spec)
    if parts.query or "@" in parts.netloc:
        hidden = parts._replace(query="", netloc=parts.netloc.rpartition("@")[2]).geturl()
        what = "what stands before the @" if "@" in parts.netloc else "what stands behind the ?"
        raise UsageError(
            f"A plan holds no secrets, and in the URL of {hidden} {what} may be one. Name the object as s3://, gs:// "
            "or az://, with credentials from the environment of each worker, or put it where all workers can read it."
        )
    return spec

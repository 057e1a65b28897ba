"""Creates projects, datasets and media, as a person does in the browser before an import (protocol 3.8).

Every function runs inside a transaction of the store and raises `Refused` for what the server would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bulk_importer.sandbox.refusals import Refused, generic
from bulk_importer.sandbox.world.classes import LabelConfig
from bulk_importer.sandbox.world.config_changes import FORBIDDEN_KEYS
from bulk_importer.sandbox.world.ids import IdKind, Ids
from bulk_importer.sandbox.world.store import Store

__all__ = ["add_media", "connect", "create_dataset", "create_project"]

_PATTERNS: Final = {
    "owner": r".{1,128}",
    "name": r"[a-zA-Z0-9_ ]{1,128}",
    "shortDescription": r"[a-zA-Z0-9_ ,.àâçéèêëîïôûùüÿñæœäöüßÄÖÜ-]{1,128}",
}
_IMAGES: Final = frozenset({"bmp", "gif", "jpeg", "jpg", "png"})


def create_project(store: Store, body: Mapping[str, Any], now_ms: int) -> int:
    """Create a project without datasets and with an empty configuration; returns its number."""
    name, owner = _checked_name(body), str(body.get("owner"))
    if store.value("SELECT 1 FROM project WHERE owner = ? AND name = ? AND delete_time IS NULL", owner, name):
        raise _invalid("name")
    config = LabelConfig(changed_ms=now_ms)
    number = store.insert(
        "INSERT INTO project (owner, name, short, description, media_type, timestamp, config)"
        " VALUES (?, ?, ?, ?, ?, ?, x'')",
        owner,
        name,
        body.get("shortDescription"),
        body.get("description"),
        body.get("mediaType") or "IMAGE",
        now_ms,
    )
    store.put_config(number, config)
    return number


def create_dataset(store: Store, body: Mapping[str, Any], now_ms: int) -> int:
    """Create a dataset without media; returns its number."""
    name, owner = _checked_name(body), str(body.get("owner"))
    if store.value("SELECT 1 FROM dataset WHERE owner = ? AND name = ? AND delete_time IS NULL", owner, name):
        raise _invalid("name")
    return store.insert(
        "INSERT INTO dataset (owner, name, short, media_type, timestamp) VALUES (?, ?, ?, ?, ?)",
        owner,
        name,
        body.get("shortDescription"),
        body.get("mediaType") or "IMAGE",
        now_ms,
    )


def _checked_name(body: Mapping[str, Any]) -> str:
    for field, pattern in _PATTERNS.items():
        if not isinstance(body.get(field), str) or not re.fullmatch(pattern, body[field]):
            raise _invalid(field)
    if body["name"] in FORBIDDEN_KEYS:
        raise generic("forbidden_keyword", body["name"])
    return str(body["name"])


def _invalid(field: str) -> Refused:
    return Refused(400, "ex_validation", field)


def add_media(
    store: Store, ids: Ids, dataset: int, urls: Iterable[str], now_ms: int
) -> list[dict[str, object]]:
    """Create media for image URLs; returns what became of each, as the route answers it.

    A URL that the dataset has already is skipped. Projects that hold the dataset get a task for each new media.
    """
    known = {
        str(row[0]).lower()
        for row in store.rows("SELECT url FROM media WHERE dataset = ? AND NOT deleted", dataset)
    }
    number = int(store.value("SELECT coalesce(max(number), 0) FROM media"))
    answers: list[dict[str, object]] = []
    media: list[tuple[object, ...]] = []
    for url in urls:
        answer: dict[str, object] = {"internal_media_ID": None, "external_media_ID": None, "imageUrl": url}
        if url.lower() in known:
            answer["mediaUploadStatus"] = "DUPLICATE"
        elif not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", url):
            answer["mediaUploadStatus"] = "FAILED"
        elif url.rpartition(".")[2].lower() not in _IMAGES:
            answer["mediaUploadStatus"] = "UNSUPPORTED_MIME_TYPE"
        else:
            number += 1
            name = _media_name(url)
            media.append((number, dataset, name, url, now_ms))
            known.add(url.lower())
            answer |= {
                "internal_media_ID": ids.text(IdKind.MEDIA, number),
                "external_media_ID": name,
                "mediaUploadStatus": "SUCCESS",
            }
        answers.append(answer)
    store.execute_many(
        "INSERT INTO media (number, dataset, name, url, timestamp) VALUES (?, ?, ?, ?, ?)", iter(media)
    )
    if media:
        store.execute(
            "INSERT INTO task (project, media, media_name) SELECT project, number, name FROM media"
            " JOIN project_dataset USING (dataset) WHERE dataset = ? AND number >= ? ORDER BY project, number",
            dataset,
            media[0][0],
        )
    return answers


def _media_name(url: str) -> str:
    slash, question = url.rfind("/"), url.find("?")
    return url[slash + 1 : question] if question > slash else url[slash + 1 :]


def connect(store: Store, project: int, dataset: int) -> None:
    """Give a project a dataset: each media of it gets a task in state BACKLOG. Raises `Refused` the second time."""
    if store.value("SELECT 1 FROM project_dataset WHERE project = ? AND dataset = ?", project, dataset):
        raise generic("already_contains", "Project", "Dataset")
    store.execute("INSERT INTO project_dataset VALUES (?, ?)", project, dataset)
    store.execute(
        "INSERT INTO task (project, media, media_name) SELECT ?, number, name FROM media WHERE dataset = ?"
        " ORDER BY number",
        project,
        dataset,
    )

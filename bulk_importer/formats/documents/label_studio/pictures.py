"""Which file a task of Label Studio is about: its data name it by a URL of one kind or another.

Pure. What was uploaded lies below `/data/upload` and has eight letters and a dash before the name that it had; what
lies on the server's disk is asked for in the query (`?d=`); what lies in a bucket or elsewhere ends with its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bulk_importer.formats.members import is_picture

__all__ = ["picture_of", "pictures_in"]

_UPLOADED = re.compile(r"(?:.*/)?data/upload/(?:\d+/)?[0-9a-f]{8}-(.+)")


def picture_of(data: Mapping[str, Any], meant: str | None) -> str | None:
    """The name of the picture of a task; None where its data name none, or several.

    Args:
        meant: the name that its annotations give the picture, which often is the key, too.
    """
    names = pictures_in(data)
    for key in (meant, "image"):
        if key in names:
            return names[key]
    if len(names) == 1:
        return next(iter(names.values()))
    texts = [value for value in data.values() if isinstance(value, str)]
    if not names and len(texts) == 1:
        return _name(texts[0]) or None
    return None


def pictures_in(data: Mapping[str, Any]) -> dict[str, str]:
    """The names that end as those of pictures do, by their keys."""
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    return {key: name for key, value in texts.items() if (name := _name(value)) and is_picture(name)}


def _name(url: str) -> str:
    try:
        parts = urlsplit(url)
        if parts.scheme == "data" or not url.strip():
            return ""
        asked = parse_qs(parts.query).get("d", [""])[0] if "local-files" in parts.path else ""
    except ValueError:
        return ""
    if asked:
        return asked.lstrip("/")
    path = unquote(parts.path) if parts.scheme or url.startswith("/") else url
    uploaded = _UPLOADED.fullmatch(path)
    return uploaded[1] if uploaded else path.lstrip("/")

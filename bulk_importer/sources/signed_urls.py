"""Knows URLs that are signed for a time, and what file servers say when that is over.

Pure. The servers agree in little: S3 answers 403 (400 where the credentials behind the signature ran out before it),
Google 400, Azure 403 without a word such as "expired", CloudFront 403 without any; and most of them 403 for other
reasons, too. So both are looked at, what the answer says and what the URL says about itself.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

__all__ = ["has_run_out", "is_signed"]

_SIGNATURES = frozenset({"x-amz-signature", "x-goog-signature", "x-oss-signature", "signature", "sig"})
_SAYINGS = re.compile(
    rb"expired|not valid in the specified time frame|has to be after signed start|must be after signed start",
    re.IGNORECASE,
)
_BASIC_TIME = "%Y%m%dT%H%M%SZ"


def is_signed(url: str) -> bool:
    """Whether the query of `url` holds a signature."""
    return not _SIGNATURES.isdisjoint(_query(url))


def has_run_out(url: str, answer: bytes, now: float) -> bool:
    """Whether a refusal is because the time is over for which `url` was signed.

    Args:
        answer: the beginning of what the server sent with it.
        now: seconds since the epoch.
    """
    end = _end(_query(url))
    return bool(_SAYINGS.search(answer)) or (end is not None and end <= now)


def _query(url: str) -> dict[str, str]:
    return {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}


def _end(query: dict[str, str]) -> float | None:
    """When the signature ends, in seconds since the epoch, where the URL says it in a way that is known."""
    try:
        for vendor in ("amz", "goog", "oss"):
            if f"x-{vendor}-date" in query:
                begun = datetime.strptime(query[f"x-{vendor}-date"], _BASIC_TIME).replace(tzinfo=UTC)
                return begun.timestamp() + float(query[f"x-{vendor}-expires"])
        if "se" in query:
            end = datetime.fromisoformat(query["se"])
            return (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()
        return float(query["expires"])
    except (KeyError, ValueError):
        return None

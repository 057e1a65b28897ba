"""The catalogue of everything that can be wrong with an entry: code, severity, what it means, what to do.

Pure. One place for the advice that a finding carries and for what `bulk-importer explain CODE` prints, so that
the two cannot differ. What the server does in each case was measured; the conformance tests replay its answers.
The kinds themselves stand in the tables of `catalogue`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bulk_importer.errors import UsageError
from bulk_importer.labels.catalogue import backups, classes, converting, geometries, media, sending, text
from bulk_importer.labels.entry import nearest
from bulk_importer.labels.flaws import FindingKind, Ring
from bulk_importer.model import Severity

__all__ = ["CATALOGUE", "kind_of", "severities"]

CATALOGUE: Mapping[str, FindingKind] = MappingProxyType(
    {
        kind.code: kind
        for table in (text, geometries, classes, media, sending, converting, backups)
        for kind in table.KINDS
    }
)
"""Every kind of finding by its code."""


def kind_of(code: str) -> FindingKind:
    """The kind of a code. Raises `UsageError` for an unknown one, with the nearest known one."""
    kind = CATALOGUE.get(code)
    if kind is None:
        near = nearest(code, CATALOGUE)
        hint = f" Is {near!r} meant?" if near else ""
        raise UsageError(f"There is no finding {code!r}.{hint} 'bulk-importer explain' lists them all.")
    return kind


def severities(
    *, strict: bool = False, allow: Iterable[str] = (), deny: Iterable[str] = (), configured: bool = True
) -> dict[str, Severity]:
    """What each code counts as in this run.

    Args:
        strict: warnings are errors.
        allow: codes that are only counted; a firm one cannot be allowed.
        deny: codes that are errors. A code that is both allowed and denied is an error.
        configured: entries are judged by a label configuration. Where they are not, what would need one to be
            sure of is a warning at most: then exactly what the schema accepts is sent.

    Raises:
        UsageError: for an unknown code, with the nearest known one, and for a firm one in `allow`.
    """
    allowed, denied = frozenset(allow), frozenset(deny)
    for code in sorted(allowed | denied):
        if kind_of(code).firm and code in allowed:
            raise UsageError(f"{code!r} cannot be allowed: {CATALOGUE[code].meaning}")
    return {kind.code: _severity(kind, strict, allowed, denied, configured) for kind in CATALOGUE.values()}


def _severity(
    kind: FindingKind, strict: bool, allowed: frozenset[str], denied: frozenset[str], configured: bool
) -> Severity:
    if kind.code in denied:
        return Severity.ERROR
    if kind.code in allowed:
        return Severity.NOTE
    severity = kind.severity
    if kind.ring is Ring.MEANING and not configured and severity is Severity.ERROR:
        severity = Severity.WARNING
    if strict and severity is Severity.WARNING:
        severity = Severity.ERROR
    return severity

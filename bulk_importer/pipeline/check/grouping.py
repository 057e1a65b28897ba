"""Findings grouped for people: what is wrong, where in the label configuration, how often, with one example each.

Pure. 40,000 wrong options of one class are a line, not 40,000. Memory is bounded whatever is added: the values at
one place beyond the first `most_values`, and the places beyond `most_groups` groups, are counted together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.model import Finding, Severity

__all__ = ["OTHERS", "FindingGroup", "FindingGroups", "class_path"]

OTHERS = "(others)"
_HOLDERS = frozenset({"labels", "nested_geometries", "classifications", "global_classifications"})
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class FindingGroup(msgspec.Struct, kw_only=True):
    """Findings of one code at one place of the label configuration with one found value.

    Attributes:
        path: the JSON pointer with `*` for every index.
        found: the value, or `(others)` where it stands for all that are not told apart.
        count: how many there are; it grows.
        example: the first of them; None for notes, which come as numbers.
        advice: what to do about it.
    """

    code: str
    severity: Severity
    path: str
    found: str
    count: int
    example: Finding | None
    advice: str

    @property
    def expected(self) -> str:
        """What stands there in entries that are right, with the nearest known key where there is one."""
        return self.example.expected if self.example is not None else ""


class FindingGroups:
    """A growing table of groups."""

    def __init__(self, *, most_groups: int = 2_000, most_values: int = 25) -> None:
        # Changed by `add` and `count_notes` alone; `_values` is the number of groups at each place.
        self._groups: dict[tuple[str, str, str], FindingGroup] = {}
        self._values: dict[tuple[str, str], int] = {}
        self._most_groups = most_groups
        self._most_values = most_values

    def add(self, findings: Iterable[Finding]) -> None:
        """Count findings in."""
        for finding in findings:
            key = self._key(finding.code, class_path(finding.pointer), finding.found)
            group = self._groups.get(key)
            if group is None:
                group = FindingGroup(
                    code=finding.code,
                    severity=finding.severity,
                    path=key[1],
                    found=key[2],
                    count=0,
                    example=finding,
                    advice=finding.advice,
                )
                self._groups[key] = group
                self._values[key[:2]] = self._values.get(key[:2], 0) + 1
            group.count += 1

    def count_notes(self, counts: Mapping[str, int]) -> None:
        """Count in what comes as a number alone: the codes of `Judged.counts` that are notes in this run."""
        for code, number in counts.items():
            kind = CATALOGUE[code]
            empty = FindingGroup(
                code=code,
                severity=Severity.NOTE,
                path="",
                found="",
                count=0,
                example=None,
                advice=kind.advice,
            )
            self._groups.setdefault((code, "", ""), empty).count += number

    def groups(self) -> list[FindingGroup]:
        """All groups: errors first, then by how many there are; at equal numbers by code, place and value."""
        return sorted(
            self._groups.values(),
            key=lambda each: (_RANK[each.severity], -each.count, each.code, each.path, each.found),
        )

    def _key(self, code: str, path: str, found: str) -> tuple[str, str, str]:
        """The group that a finding belongs to; a common one where the table is full."""
        if (code, path, found) in self._groups:
            return code, path, found
        is_full = len(self._groups) >= self._most_groups
        if is_full and (code, path) not in self._values:
            return code, OTHERS, OTHERS
        if is_full or self._values.get((code, path), 0) >= self._most_values:
            return code, path, OTHERS
        return code, path, found


def class_path(pointer: str) -> str:
    """The pointer with `*` in place of every index, so that it names a place in the label configuration.

    A class or classification may have a number for a key, or the name of a holder: what follows `labels` and the like
    is a key, and inside classifications what follows an index is one too.
    """
    steps: list[str] = []
    key_comes = among_values = False
    for step in pointer.split("/"):
        is_index = step.isdigit() and not key_comes
        steps.append("*" if is_index else step)
        if is_index:
            key_comes = among_values
        elif key_comes:
            key_comes = False
        elif step in _HOLDERS:
            key_comes = True
            among_values = step.endswith("classifications")
    return "/".join(steps)

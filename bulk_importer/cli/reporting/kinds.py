"""Says of findings what they mean, and of a run whether it worked.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from bulk_importer.errors import ExitCode
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.observe.report import Found, Verdict
from bulk_importer.summary import RunState, Summary

__all__ = ["found_of", "verdict_of", "verdict_of_code"]


def found_of(counts: Mapping[str, int], severities: Mapping[str, str]) -> list[Found]:
    """Each kind of finding, with what it means and what to do.

    Args:
        severities: what each code counts as; as the catalogue says, where a code is left out.
    """
    return [
        Found(
            code=code,
            severity=severities.get(code, CATALOGUE[code].severity.value),
            count=count,
            meaning=CATALOGUE[code].meaning,
            advice=CATALOGUE[code].advice,
        )
        for code, count in counts.items()
        if code in CATALOGUE
    ]


def verdict_of(summary: Summary) -> Verdict:
    """Whether an import worked."""
    match summary.state:
        case RunState.RUNNING:
            return Verdict.GOING
        case RunState.KILLED | RunState.FAILED:
            return Verdict.FAILED
        case RunState.COMPLETE if summary.rejected and not summary.delivered:
            return Verdict.FAILED
        case _:
            return verdict_of_code(summary.exit_code)


def verdict_of_code(exit_code: int) -> Verdict:
    """Whether a command worked that ends so, and that nobody broke off."""
    if exit_code == ExitCode.DELIVERED:
        return Verdict.DONE
    return Verdict.PARTLY if exit_code < ExitCode.USAGE or exit_code > ExitCode.UNFORESEEN else _by(exit_code)


def _by(exit_code: int) -> Verdict:
    is_open = exit_code in (ExitCode.IN_DOUBT, ExitCode.UNFINISHED, ExitCode.DIFFERS)
    return Verdict.PARTLY if is_open else Verdict.FAILED

"""Ends a run in which more entries are rejected than `--max-errors` allows."""

from __future__ import annotations

from bulk_importer.checkpoint import CheckpointState
from bulk_importer.errors import BudgetExceeded
from bulk_importer.model import ErrorBudget

__all__ = ["require_budget"]


def require_budget(budget: ErrorBudget, state: CheckpointState) -> None:
    """Raise `BudgetExceeded` where more is rejected than is allowed."""
    rejected = len(state.rejected)
    if budget.is_exceeded(rejected, state.position):
        raise BudgetExceeded(rejected, state.position, str(budget))

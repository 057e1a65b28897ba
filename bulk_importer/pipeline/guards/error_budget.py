"""Ends a run in which more entries are rejected than `--max-errors` allows."""

from __future__ import annotations

from collections.abc import Callable

from bulk_importer.checkpoint import CheckpointState
from bulk_importer.errors import BudgetExceeded
from bulk_importer.model import ErrorBudget

__all__ = ["ErrorBudgetGuard", "require_budget"]


class ErrorBudgetGuard:
    """Ends a run as soon as its checkpoint holds more rejections than the budget allows.

    Args:
        state: counts the rejections; changes while the run goes on.
        end_run: called with the error, at each check that finds too many.
    """

    def __init__(
        self, budget: ErrorBudget, state: CheckpointState, end_run: Callable[[BudgetExceeded], None]
    ) -> None:
        self._budget = budget
        self._state = state
        self._end_run = end_run

    def check(self) -> None:
        """End the run if too much is rejected by now."""
        try:
            require_budget(self._budget, self._state)
        except BudgetExceeded as error:
            self._end_run(error)


def require_budget(budget: ErrorBudget, state: CheckpointState) -> None:
    """Raise `BudgetExceeded` where more is rejected than is allowed."""
    rejected = len(state.rejected)
    if budget.is_exceeded(rejected, state.position):
        raise BudgetExceeded(rejected, state.position, str(budget))

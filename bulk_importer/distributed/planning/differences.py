"""Says in what a plan that is asked for is not the one that lies at its place, in the words of who asks.

That the label configuration has changed since is no difference: each import meets it, and says so. Else what a command
has begun, it could not go on with.
"""

from __future__ import annotations

from collections.abc import Iterator

from bulk_importer.distributed.values import Plan
from bulk_importer.settings import Definition, definitions

__all__ = ["differences"]

_PARTS = {
    "source": "the source",
    "identity": "the content of the source",
    "server": "--server",
    "project": "--project",
}
_LIMITS = "--at-once, or one of the limits that are divided among the workers"


def differences(there: Plan, asked: Plan) -> list[str]:
    """What is not the same of two plans, of what a person says or a project has; settings by their flags, in order."""
    parts = [words for name, words in _PARTS.items() if getattr(there, name) != getattr(asked, name)]
    found = [*parts, *_settings(there, asked)]
    # How many seats there are follows from the settings as well, and is no difference of its own then.
    return found or ([_LIMITS] if there.seats != asked.seats else [])


def _settings(there: Plan, asked: Plan) -> Iterator[str]:
    for each in definitions():
        was, now = (plan.settings.get(each.name, each.default) for plan in (there, asked))
        if was != now:
            yield f"{each.flag} ({_shown(each, was)} there, {_shown(each, now)} here)"


def _shown(setting: Definition, value: object) -> str:
    return setting.kind.show(value) if value or value == 0 else "not set"

"""What is told of the end of a command: variables for a command of the shell, and a body for a URL.

Pure. Both are bounded, whatever the run was about, and hold neither a token nor what signs a URL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from bulk_importer.readable import as_json

__all__ = ["Told", "ping_url"]

_PREFIX = "BULK_IMPORT_"
"""Of our variables: no setting begins so."""
_NOT_PASSED_ON = ("BULK_IMPORTER_", "DATAGYM_", _PREFIX)
"""Settings and tokens: a command that is itself a bulk-importer would take them for its own, and run this command."""
_TOKENS = ("DATAGYM_TOKEN", "DATAGYM_FROM_TOKEN")
_COUNTS = (
    "entries",
    "delivered",
    "rejected",
    "skipped",
    "in_doubt",
    "owed",
    "seconds",
    "requests",
    "retries",
)
_TEXTS = ("source", "project", "project_name", "server", "message")
_LONGEST = 2000
_MOST_FOLDERS = 100
_MOST_CODES = 20


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to tell of a command.

    Attributes:
        command: as `import`.
        state: `running`, or as its summary says it in the end.
        exit_code: None while it runs.
        facts: what `--json` prints; where it holds those of an import inside, these are told.
        folders: the checkpoints.
    """

    command: str
    state: str
    exit_code: int | None = None
    facts: Mapping[str, Any] = {}
    folders: Sequence[str] = ()

    @property
    def is_success(self) -> bool:
        """Whether all was delivered that is not rejected."""
        return self.exit_code in (0, 1)

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """The variables for a command: those that this program has, without settings and tokens, and ours."""
        tokens = {own[name] for name in _TOKENS if own.get(name)}
        inherited = {
            name: value
            for name, value in own.items()
            if not name.startswith(_NOT_PASSED_ON) and value not in tokens
        }
        ours = {
            "COMMAND": self.command,
            "STATE": self.state,
            "EXIT_CODE": "" if self.exit_code is None else self.exit_code,
            **{name.upper(): value for name, value in self._sums().items()},
            "CHECKPOINT": self.folders[0] if self.folders else "",
            "CHECKPOINTS": "\n".join(self.folders[:_MOST_FOLDERS]),
        }
        return inherited | {_PREFIX + name: str(value).replace("\0", "") for name, value in ours.items()}

    def body(self) -> bytes:
        """A JSON object of a few kilobytes at most."""
        findings = self._inner.get("findings") or {}
        most = sorted(findings.items(), key=lambda pair: -pair[1])[:_MOST_CODES]
        head = {"command": self.command, "state": self.state, "exit_code": self.exit_code}
        told = {**head, **self._sums(), "findings": dict(most)}
        return as_json({name: value for name, value in told.items() if value not in ("", None, {})})

    @property
    def _inner(self) -> Mapping[str, Any]:
        inner = self.facts.get("import")
        return inner if isinstance(inner, Mapping) else self.facts

    def _sums(self) -> dict[str, Any]:
        texts = {name: str(self._inner.get(name) or self.facts.get(name) or "") for name in _TEXTS}
        texts["source"] = texts["source"].partition("?")[0] if "://" in texts["source"] else texts["source"]
        counts = {name: self._inner[name] for name in _COUNTS if name in self._inner}
        return counts | {name: text[:_LONGEST] for name, text in texts.items()}


def ping_url(url: str, word: str = "") -> str:
    """Where something is told, as healthchecks.io has it: the URL itself, or with a word behind its path."""
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/{word}" if word else parts.path
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))

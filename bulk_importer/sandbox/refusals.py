"""The refusals of the server as exceptions: status, key, parameters, and the error object that carries them.

Pure. Protocol 2.2: keys of semantic errors begin with `ex_gen_` and come under 500 though they are errors
of the data; an unforeseen exception is `ex_system`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SYSTEM", "Refused", "generic", "not_found"]


class Refused(Exception):
    """Ends a request and rolls its transaction back. Raised anywhere in the sandbox, answered by the middleware."""

    def __init__(self, status: int, key: str, *params: str) -> None:
        self.status = status
        self.key = key
        self.params = params
        super().__init__(f"{status} {key} {list(params)}")

    def answer(self) -> dict[str, object]:
        """The error object of protocol 2.2. The public release has no texts, so `msg` says so."""
        return {
            "key": self.key,
            "params": list(self.params),
            "msg": f"No msg available for key: {self.key}",
            "code": self.status,
            "details": [],
        }


SYSTEM: Final = "ex_system"


def generic(short_key: str, *params: str) -> Refused:
    """A semantic error: status 500 and the key `ex_gen_...` (protocol 2.1)."""
    return Refused(500, f"ex_gen_{short_key}", *params)


def not_found(kind: str, field: str, text: str) -> Refused:
    """The refusal of a name or id that does not exist: status 404."""
    return Refused(404, "ex_notfound", kind, field, text)

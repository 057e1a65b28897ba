"""What the server answers when it refuses: status, key and parameters, and the object that carries them.

Pure. Protocol 2.2: keys of semantic errors begin with `ex_gen_` and come under 500 though they are errors
of the data; an unforeseen exception is `ex_system`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SYSTEM", "Refused", "generic", "not_found"]


class Refused(Exception):
    """Ends a request and rolls everything back. Raised inside the sandbox, answered at its door."""

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
    """A semantic error: 500, whatever is wrong (protocol 2.1)."""
    return Refused(500, f"ex_gen_{short_key}", *params)


def not_found(kind: str, field: str, text: str) -> Refused:
    """Something that was named does not exist: 404."""
    return Refused(404, "ex_notfound", kind, field, text)

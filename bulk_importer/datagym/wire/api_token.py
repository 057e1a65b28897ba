"""The token by which the server knows us, and where it may and may not appear.

The token comes from the variable `DATAGYM_TOKEN` or from a file, never from an argument (those stand in the process
list) and never from a settings file. It leaves in the `Authorization` header, or in the query where that is asked for.
Nothing that we print, log or record is made from it; what comes back from a server is passed through `scrub`, because a
server may echo a header or a query.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import text_of

__all__ = ["FROM_TOKEN_VARIABLE", "TOKEN_VARIABLE", "Token"]

TOKEN_VARIABLE = "DATAGYM_TOKEN"  # noqa: S105 - the name of a variable, not a token
FROM_TOKEN_VARIABLE = "DATAGYM_FROM_TOKEN"  # noqa: S105 - likewise
"""For the server that `migrate` reads."""
_MARK = "\ufeff"  # what a shell leaves before the text of a file that begins with a byte order mark
_SHORTEST_SCRUBBED = 4
_SHOWN_INSTEAD = "<token>"


class Token:
    """An API token; or none, which is enough for a self-hosted server."""

    __slots__ = ("_file", "_text")

    def __init__(self, text: str | None = None, *, file: Path | None = None) -> None:
        self._text = text
        self._file = file

    @classmethod
    def find(
        cls,
        token_file: str | None,
        environment: Mapping[str, str] = os.environ,
        *,
        variable: str = TOKEN_VARIABLE,
    ) -> Token:
        """The token of `token_file`, else of a variable of the environment, else none.

        Raises:
            UsageError: the file cannot be read, holds nothing, or holds what cannot be a token.
        """
        if token_file is not None:
            token = cls(file=Path(token_file))
            token.read_again()
            return token
        text = environment.get(variable, "").strip().removeprefix(_MARK)
        return cls(_checked(text, f"The variable {variable}") if text else None)

    def __bool__(self) -> bool:
        return self._text is not None

    def __repr__(self) -> str:
        return f"Token({_SHOWN_INSTEAD if self else 'none'})"

    def read_again(self) -> bool:
        """Read the file again: tokens are replaced while a run goes on.

        Returns:
            Whether there is a file and it holds another token than before.

        Raises:
            UsageError: it cannot be read, holds nothing, or holds what cannot be a token; the token stays.
        """
        if self._file is None:
            return False
        text = text_of(self._file, "The token file").strip()
        if not text:
            raise UsageError(f"The token file {self._file} is empty.")
        before, self._text = self._text, _checked(text, f"The token file {self._file}")
        return self._text != before

    @property
    def text(self) -> str | None:
        """The token itself, to be put into a request and nowhere else."""
        return self._text

    def header(self) -> dict[str, str]:
        """The header that carries the token; empty where there is none."""
        return {} if self._text is None else {"Authorization": f"Token {self._text}"}

    def in_query(self, path: str) -> str:
        """`path` with the token in its query."""
        if self._text is None:
            return path
        return f"{path}{'&' if '?' in path else '?'}token={quote(self._text, safe='')}"

    def scrub(self, text: str) -> str:
        """`text` without the token, as it is or as it stands in a query."""
        if self._text is None:
            return text
        return text.replace(self._text, _SHOWN_INSTEAD).replace(quote(self._text, safe=""), _SHOWN_INSTEAD)

    def scrub_bytes(self, body: bytes) -> bytes:
        """`body`, which a server answered, without the token.

        A token of a few letters stays: it is no secret, and taking it out would tear JSON apart.
        """
        if self._text is None or len(self._text) < _SHORTEST_SCRUBBED:
            return body
        shown = _SHOWN_INSTEAD.encode()
        return body.replace(self._text.encode(), shown).replace(quote(self._text, safe="").encode(), shown)


def _checked(text: str, origin: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(
            f"{origin} holds something that cannot be a token: more than one word, or odd characters."
        )
    return text

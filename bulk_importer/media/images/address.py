"""Makes the addresses of images that are on a server, of a pattern that a person gives.

Pure. Ids and names come from strangers: whatever they hold, the address stays on the server that the person named.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import msgspec

__all__ = ["ImageAddress", "is_address"]

_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


def is_address(text: str) -> bool:
    """Whether it begins like an address, so that no folder is meant."""
    return text.lower().startswith(("http://", "https://"))


class ImageAddress(msgspec.Struct, frozen=True):
    """Where images are.

    Attributes:
        pattern: with `{id}` or `{name}` in its path or query; without either, names are put behind it.
    """

    pattern: str

    @classmethod
    def of(cls, text: str) -> ImageAddress:
        """The addresses that a text means.

        Raises:
            ValueError: it is none, and why.
        """
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
            raise ValueError("an address begins with https:// and a host, and has no user and no password")
        if not text.isascii() or not text.isprintable() or set(text) & set(" \"'<>\\^`|"):
            raise ValueError("it holds what no address may hold")
        if parts.fragment or re.search(r"[{}]", re.sub(r"\{(id|name)\}", "", text)):
            raise ValueError("only {id} and {name} are filled in, in the path or in the query")
        return cls(text)

    @property
    def origin(self) -> str:
        """The one server that is asked, as in `https://images.example`."""
        parts = urlsplit(self.pattern)
        return f"{parts.scheme}://{parts.netloc}"

    def of_media(self, media_id: str | None, name: str | None) -> str | None:
        """The address of the image of a media; None where what it is made of is not known, or no name of a file."""
        known = {"id": media_id, "name": name}
        pattern = self.pattern
        if not re.search(r"\{(id|name)\}", pattern):
            pattern = f"{pattern.rstrip('/')}/{{{'name' if name else 'id'}}}"
        wanted = set(re.findall(r"\{(id|name)\}", pattern))
        values = {key: _quoted(known[key]) for key in wanted}
        if not all(values.values()):
            return None
        return re.sub(r"\{(id|name)\}", lambda found: values[found[1]] or "", pattern)


def _quoted(value: str | None) -> str | None:
    """A value as a path may hold it; None where there is none, or it would lead elsewhere."""
    if not value or len(value) > 1024 or "\0" in value:
        return None
    parts = value.replace("\\", "/").split("/")
    if any(each in ("", ".", "..") for each in parts):
        return None
    return "/".join(quote(each, safe="", errors="replace") for each in parts)

"""aiohttp, imported without the certificates of the system: they are loaded at the first handshake, if there is one.

Who asks a server takes `aiohttp` from here, and who serves pages takes `web`, which is imported when it is asked for:
whoever imports aiohttp first in a process decides for all. It makes its default TLS contexts then, and each of them
reads all certificates of the system: a sixth of the processor time of a small import, which a server behind http:// has
no use for. Nobody sees a difference, other programs that use aiohttp in this process included: a context that is used
has what it would have had. Where aiohttp was imported before, it is left as it is.
"""

from __future__ import annotations

import importlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["aiohttp", "web"]


class _LateContext(ssl.SSLContext):
    """A context of which the default certificates are due; it becomes an ordinary one as it loads them."""

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        return _completed(self).wrap_bio(*arguments, **options)

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        return _completed(self).wrap_socket(*arguments, **options)


def _postpone(context: ssl.SSLContext) -> None:
    context.__class__ = _LateContext


def _completed(context: ssl.SSLContext) -> ssl.SSLContext:
    context.__class__ = ssl.SSLContext
    context.set_default_verify_paths()
    return context


@contextmanager
def _certificates_postponed() -> Iterator[None]:
    """Contexts to which the default certificates are given meanwhile load them late."""
    ssl.SSLContext.set_default_verify_paths = _postpone  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths  # that of its base class is seen again


with _certificates_postponed():
    import aiohttp


def __getattr__(name: str) -> object:
    if name != "web":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    return importlib.import_module("aiohttp.web")

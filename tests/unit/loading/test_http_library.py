"""aiohttp comes without the certificates of the system, which are there as soon as a connection needs them."""

from __future__ import annotations

import ast
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bulk_importer

_PLAIN = """
import bulk_importer.library.importing, bulk_importer.pipeline.importing, sys
from bulk_importer.loading.http_library import aiohttp
contexts = aiohttp.connector._SSL_CONTEXT_VERIFIED, aiohttp.connector._SSL_CONTEXT_UNVERIFIED
print([context.cert_store_stats()["x509"] for context in contexts])
print([name for name in ("tenacity", "zoneinfo", "rich", "jsonschema_rs") if name in sys.modules])
late = contexts[0]
late.wrap_bio(bio := __import__("ssl").MemoryBIO(), bio, server_hostname="localhost")
print(type(late).__name__, late.cert_store_stats() == __import__("ssl").create_default_context().cert_store_stats())
"""


def test_an_import_loads_certificates_at_the_first_handshake_and_tenacity_at_the_first_retry() -> None:
    """Each takes a good part of the processor time of a small import, in which neither is used."""
    done = subprocess.run([sys.executable, "-c", _PLAIN], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[0, 0]", "[]", "SSLContext True"]


_WATCHED = """
import bulk_importer.cli.watching.page, bulk_importer.cli.watching.metrics, bulk_importer.cli.watching.pinging
import bulk_importer.observe.metrics.server, bulk_importer.cli.serving.site.application, aiohttp.connector
contexts = aiohttp.connector._SSL_CONTEXT_VERIFIED, aiohttp.connector._SSL_CONTEXT_UNVERIFIED
print([context.cert_store_stats()["x509"] for context in contexts])
"""


def test_what_serves_pages_and_metrics_of_a_run_loads_no_certificates_either() -> None:
    """It comes before the client of the run, and decides for that."""
    done = subprocess.run([sys.executable, "-c", _WATCHED], capture_output=True, text=True, check=True)
    assert done.stdout == "[0, 0]\n"


def test_contexts_are_made_as_ever_afterwards() -> None:
    """Other libraries in this process make theirs as before."""
    from bulk_importer.loading.http_library import aiohttp

    assert aiohttp.__name__ == "aiohttp"
    assert "set_default_verify_paths" not in vars(ssl.SSLContext)
    assert type(ssl.create_default_context()) is ssl.SSLContext


def test_nobody_else_imports_it() -> None:
    """Who comes first decides; the sandbox shares no code with the importer."""
    package = Path(bulk_importer.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(_imports_aiohttp(each) for each in _run_by(ast.parse(path.read_text())))
    }
    assert [path for path in found if not path.startswith("sandbox/")] == ["loading/http_library.py"]


def _run_by(tree: ast.AST) -> Iterator[ast.AST]:
    """What is run of a module, or of what it defines: all but what stands there for the type checker."""
    for each in ast.iter_child_nodes(tree):
        if not (isinstance(each, ast.If) and ast.unparse(each.test) == "TYPE_CHECKING"):
            yield each
            yield from _run_by(each)


def _imports_aiohttp(node: ast.AST) -> bool:
    match node:
        case ast.Import():
            return any(alias.name.split(".")[0] == "aiohttp" for alias in node.names)
        case ast.ImportFrom():
            return (node.module or "").split(".")[0] == "aiohttp"
        case _:
            return False

"""aiohttp comes without the certificates of the system, which are there as soon as a connection needs them."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path

import bulk_importer

_PLAIN = """
import bulk_importer.library.importing, bulk_importer.pipeline.importing, sys
from bulk_importer.datagym.wire.http_library import aiohttp
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


def test_contexts_are_made_as_ever_afterwards() -> None:
    """Other libraries in this process make theirs as before."""
    from bulk_importer.datagym.wire.http_library import aiohttp

    assert aiohttp.__name__ == "aiohttp"
    assert "set_default_verify_paths" not in vars(ssl.SSLContext)
    assert type(ssl.create_default_context()) is ssl.SSLContext


def test_nobody_else_imports_it() -> None:
    """Who comes first decides; the sandbox shares no code with the importer."""
    package = Path(bulk_importer.__file__).parent
    found = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "\nimport aiohttp\n" in f"\n{path.read_text().replace('    import', 'import')}"
    ]
    assert [path for path in found if not path.startswith("sandbox/")] == ["datagym/wire/http_library.py"]

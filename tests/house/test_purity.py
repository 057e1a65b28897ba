"""A module that says "Pure." does no input or output, and is told the time and the chance."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from support.places import TOP

PACKAGE = TOP / "bulk_importer"
DECIDERS = (
    "checkpoint/log/frames",
    "checkpoint/log/records",
    "checkpoint/log/replay",
    "checkpoint/log/snapshot",
    "checkpoint/log/state",
    "checkpoint/log/throughput",
    "checkpoint/log/transitions",
    "checkpoint/proof/claims",
    "checkpoint/proof/salvage",
    "checkpoint/proof/source_proof",
    "datagym/answers/judging",
    "datagym/answers/policy",
    "datagym/answers/verdicts",
    "datagym/routes",
    "intake/framing/foreign",
    "intake/framing/segments",
    "labels/entry",
    "labels/label_config",
    "model",
    "observe/line",
    "observe/progress_state",
    "observe/wording",
    "packing/suspects",
    "packing/lanes",
    "packing/limits",
    "readback/evidence",
    "sandbox/faults/machine",
    "sources/signed_urls",
    "spans",
    "transfer/adaptive/gate",
    "transfer/admission/breaker",
    "transfer/admission/rates",
    "transfer/isolation/parts",
)
"""What decides, and has been held to be pure since before modules said so themselves."""
FORBIDDEN = {"aiohttp", "asyncio", "os", "pathlib", "random", "tenacity", "time"}


@cache
def trees() -> dict[str, ast.Module]:
    """The syntax tree of each module, by its path below the package."""
    return {
        path.relative_to(PACKAGE).with_suffix("").as_posix(): ast.parse(path.read_text())
        for path in PACKAGE.rglob("*.py")
    }


def is_pure(module: str) -> bool:
    """Whether its docstring says so."""
    return re.search(r"\bPure(?: and total)?[.:]", ast.get_docstring(trees()[module]) or "") is not None


def imports(module: str) -> set[str]:
    """The packages that it imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(trees()[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


PURE = sorted(module for module in trees() if is_pure(module))


@pytest.mark.parametrize("module", PURE)
def test_what_says_that_it_is_pure_is(module: str) -> None:
    """Nothing that reaches a file, a socket, a clock or chance is in its sight."""
    assert not imports(module) & FORBIDDEN


@pytest.mark.parametrize("module", DECIDERS)
def test_what_decides_says_that_it_is_pure(module: str) -> None:
    """So that it stays so."""
    assert module in PURE

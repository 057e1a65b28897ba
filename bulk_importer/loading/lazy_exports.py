"""Package doors that import the module behind a name when the name is asked for, and not before.

A package that re-exports everything makes whoever needs one small module of it pay for all: each worker process would
import the event loop, and a check that asks no server the HTTP client. What a door names is written twice, under
`TYPE_CHECKING` for the type checker and as a table for the interpreter; a test compares them.
"""

from __future__ import annotations

import importlib
import sys

TYPE_CHECKING = False  # not of `typing`, which takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["lazy_exports"]


def lazy_exports(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """A `__getattr__` for a package, which imports the module behind a name when the name is asked for.

    Args:
        package: its `__name__`.
        modules: name -> the module of the package that has it.
    """

    def fetch(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)
        found: object = getattr(importlib.import_module(f"{package}.{modules[name]}"), name)
        setattr(sys.modules[package], name, found)  # the next time it is simply there
        return found

    return fetch

"""What Python files say to people: comments and docstrings."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from collections.abc import Iterator

__all__ = ["comments", "docstrings"]


def comments(source: str) -> Iterator[str]:
    """Each run of comment lines, and each comment that stands alone."""
    run: list[str] = []
    line = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if token.start[0] != line + 1:
            yield "\n".join(run)
            run = []
        run.append(token.string.lstrip("#:").strip())
        line = token.start[0]
    yield "\n".join(run)


def docstrings(source: str) -> Iterator[str]:
    """Every text that stands by itself, also below a constant."""
    for node in ast.walk(ast.parse(source)):
        held = node.value if isinstance(node, ast.Expr) else None
        if isinstance(held, ast.Constant) and isinstance(held.value, str):
            yield inspect.cleandoc(held.value)

"""What is said to people: comments, docstrings and phrases of Python files, and words that a person would not use."""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
import tokenize
from collections.abc import Iterator

__all__ = ["comments", "docstrings", "odd_words", "phrases"]

# Words of the glossary, and others that nobody says at a terminal. Keys of JSON have an underscore, or are no phrase.
_ODD = re.compile(
    r"\bowed\b|\bin doubt\b|\b(?:go|goes|going|went) on\b|\bmend(?:s|ed|ing)?\b|\bwithout a word\b|\bheld against\b"
    r"|\bhead line\b|\bour mistake\b|\bmistake of ours\b|\bcannot be meant\b|\bof a type that\b|bulk-importer\[cloud\]"
    r"|\[Errno|_ssl\.c|(?<![(\w])ex_[a-z]"
    r"|(?<![\w,.])1 (?:[a-z]+ )?"
    r"(?:entries|requests|batches|segments|records|positions|sources|classes|retries|codes|are)\b",
    re.IGNORECASE,
)
_PATH = re.compile(r"\S*[/\\]\S*|\S+\.(?:json|jsonl|csv|toml|py|gz|zst|bz2|xz|log)\b\S*")


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


def phrases(source: str) -> Iterator[str]:
    """Every text of several words that a program may show: no docstrings; in place of values stands `{}`."""
    tree = ast.parse(source)
    apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            apart.update(map(id, node.values))
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
            text = node.value
        else:
            continue
        if " " in text.strip():
            yield text


def odd_words(text: str) -> list[str]:
    """What in a text that a command wrote for people nobody would say; JSON, and names of files, may say anything."""
    said = " ".join(line for line in text.splitlines() if not _is_json(line))
    return [] if _is_json(text) else _ODD.findall(_PATH.sub("", said))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return text.lstrip()[:1] in ("{", "[")

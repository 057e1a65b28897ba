"""Reads the part of YAML that tools write into the `data.yaml` of a YOLO dataset.

Pure. That is: keys at the margin with scalars, lists and nested keys, in blocks or in brackets, over several lines
where PyYAML breaks them; plain and quoted texts; comments; texts as blocks (`|`), which Ultralytics has for scripts.
Scalars stay texts as they are written, so that a class `no` or `007` keeps its name. Anchors, aliases and tags are none
of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

__all__ = ["Section", "Value", "sections", "value_of"]

Value: TypeAlias = str | list["Value"] | dict[str, "Value"]

Section: TypeAlias = tuple[str, list[str]]
"""What stands behind a key on its line, and the lines below it."""

_QUOTED = r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^']|'')*'(?!')"
_KEY = re.compile(rf"({_QUOTED}|[^\s:\"'#\[\]{{}},](?:[^:]|:(?=\S))*?)\s*:(?=\s|$)")
_ENDS_OF_QUOTED = {
    '"': re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL),
    "'": re.compile(r"'(?:[^']|'')*'(?!')", re.DOTALL),
}
_OPENERS = frozenset({":", ",", "[", "{"})
_TOKEN = re.compile(
    r"\s*(?:([\[\]{},]|:(?=[\s,\[\]{}]|$))"
    rf"|({_QUOTED})"
    r"|((?:[^\s\[\]{},:]|:(?![\s,\[\]{}]|$)|\s+(?=[^\s\[\]{},:]|:[^\s,\[\]{}]))+))",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}


def sections(text: str) -> dict[str, Section]:
    """The keys at the margin of a file. Raises `ValueError` where there is something else."""
    found: dict[str, Section] = {}
    below: list[str] | None = None
    for bare in _lines(text.removeprefix("\ufeff")):
        key = None if bare[0].isspace() or _is_item(bare) else _KEY.match(bare)
        if key is None and below is None:
            raise ValueError(f"{bare[:40]!r} is no key")
        if key is None:
            assert below is not None
            below.append(bare)
        else:
            below = []
            found[str(_scalar(key[1]))] = (bare[key.end() :].strip(), below)
    return found


def value_of(first: str, below: Sequence[str]) -> Value:
    """The value of a key. Raises `ValueError` where it is nothing that is read here."""
    if first[:1] in {"[", "{"}:
        return _flow(" ".join([first, *below]))
    if first[:1] in {"|", ">"}:
        return "\n".join(below)
    if first[:1] in {"&", "*", "!", "%", "@", "`"}:
        raise ValueError(f"{first[:40]!r} is YAML of a kind that is not read here")
    if first:
        return _scalar(" ".join([first, *map(str.strip, below)]))
    return _block(below) if below else ""


def _block(lines: Sequence[str]) -> Value:
    """Lines of one depth, each with the deeper ones below it: a list, or keys."""
    margin = _margin(lines[0])
    is_list = _is_item(lines[0].lstrip())
    heads: list[tuple[str, list[str]]] = []
    for line in lines:
        text = line.lstrip()
        if _margin(line) == margin and _is_item(text) == is_list:
            heads.append((text, []))
        elif _margin(line) < margin or not heads:
            raise ValueError(f"{text[:40]!r} is not at the depth of what it belongs to")
        else:
            heads[-1][1].append(line)
    if is_list:
        return [_item(text[1:].strip(), below, margin + 2) for text, below in heads]
    return dict(_pair(text, below) for text, below in heads)


def _item(text: str, below: list[str], margin: int) -> Value:
    if _is_item(text) or (text[:1] not in {"[", "{"} and _KEY.match(text)):
        return _block([" " * margin + text, *below])
    return value_of(text, below)


def _pair(text: str, below: list[str]) -> tuple[str, Value]:
    key = _KEY.match(text)
    if key is None:
        raise ValueError(f"{text[:40]!r} is no key")
    return _scalar(key[1]), value_of(text[key.end() :].strip(), below)


def _flow(text: str) -> Value:
    """A list or keys in brackets."""
    at, tokens = 0, []
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"{text[at : at + 40]!r} is not read here")
        tokens.append(token[1] or token[2] or token[3])
        at = token.end()
    tokens.reverse()
    found = _bracketed(tokens)
    if tokens:
        raise ValueError(f"{tokens[-1]!r} behind the end of a list")
    return found


def _bracketed(tokens: list[str]) -> Value:
    """The value at the end of reversed tokens, which it takes away."""
    if not tokens:
        raise ValueError("a list that does not end")
    head = tokens.pop()
    if head not in {"[", "{"}:
        if head in {"]", "}", ",", ":"}:
            raise ValueError(f"{head!r} in place of a value")
        return _scalar(head)
    close, items, pairs = "]" if head == "[" else "}", list[Value](), dict[str, Value]()
    while tokens and tokens[-1] != close:
        item = _bracketed(tokens)
        if head == "[":
            items.append(item)
        elif tokens and tokens.pop() == ":" and isinstance(item, str):
            pairs[item] = "" if tokens and tokens[-1] in {",", close} else _bracketed(tokens)
        else:
            raise ValueError("a key without a value")
        if tokens and tokens[-1] != close and tokens.pop() != ",":
            raise ValueError("a list without commas")
    if not tokens:
        raise ValueError("a list that does not end")
    tokens.pop()
    return items if head == "[" else pairs


def _scalar(text: str) -> str:
    if text[:1] == '"' and len(text) > 1 and text[-1] == '"':
        return _ESCAPE.sub(_unescaped, text[1:-1])
    if text[:1] == "'" and len(text) > 1 and text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if text[:1] in {'"', "'"}:
        raise ValueError(f"{text[:40]!r} does not end")
    return "" if text in {"~", "null"} else text


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1]
    if len(code) > 1:
        return chr(int(code[1:], 16))
    return _ESCAPES.get(code, code)


def _lines(text: str) -> Iterator[str]:
    """Lines without comments; those that are empty are left out, and a text in quotes is one line."""
    whole = opened = ""
    for line in text.splitlines():
        whole = _joined(whole, line.strip(), opened) if opened else line
        end, opened = _end_of_text(whole)
        if not opened and (bare := whole[:end].rstrip()) and bare not in {"---", "..."}:
            yield bare
    if opened:
        raise ValueError(f"{whole.strip()[:40]!r} does not end")


def _joined(text: str, more: str, quote: str) -> str:
    """A text in quotes with its next line: a line break is a blank, an empty line a break, and `\\` is neither."""
    if not more:
        return text + "\n"
    if quote == '"' and text.endswith("\\"):
        return text[:-1] + more
    return text + more if text.endswith("\n") else f"{text} {more}"


def _end_of_text(line: str) -> tuple[int, str]:
    """Where the comment of a line begins, and the quote that it leaves open."""
    at, before, is_bracketed = 0, "", False
    while at < len(line):
        letter = line[at]
        is_first = at == 0 or line[at - 1] in " \t" or (line[at - 1] in "[{," and is_bracketed)
        is_bracketed = is_bracketed or letter in "[{"
        may_open = before in _OPENERS or not line[:at].strip("- ")
        if letter in _ENDS_OF_QUOTED and is_first and may_open:
            quoted = _ENDS_OF_QUOTED[letter].match(line, at)
            if quoted is None:
                return len(line), letter
            at = quoted.end()
            before = letter
            continue
        if letter == "#" and is_first:
            return at, ""
        if not letter.isspace():
            before = letter
        at += 1
    return at, ""


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith("- ")

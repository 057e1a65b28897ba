"""The place of a finding in the text of its entry, with a little of what stands around it.

Pure and total. As text, in three parts: whoever shows it escapes it, and marks the middle one. It is written anew from
what was decoded, with what is long or far from the place left out; of an entry that is no JSON it is a piece of the
text as it came.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from bulk_importer.observe.drawing.entries.pointers import Path, path_of, value_at

__all__ = ["Excerpt", "entry_in", "excerpt_of"]

_MOST_LEVELS = 3
_WIDE = 220
_WRONG = 120
_SIBLING = 36
_SHOWN = 80
_AROUND = 2
_MOST_DEPTH = 3
_LONGEST_NUMBER = 400
_AT_BYTE = re.compile(r"at byte ([0-9]{1,12}) of the element")
_TOKEN = re.compile(r'"[^"\s]{0,24}"?|[^\s",:\[\]{}]{1,24}|\S|\Z')
_ABOUT_KEYS = ("class-", "classification-unknown", "key-", "nested-key-")
_MORE = "…"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Excerpt(msgspec.Struct, frozen=True):
    """What stands before the place, what is wrong there, and what stands behind it."""

    before: str
    wrong: str
    after: str


def entry_in(line: Mapping[str, object]) -> object:
    """The entry of a line of `rejected.jsonl`, decoded; None where there is none that can be.

    What is JSON but for words like `NaN` counts as such here: it can be drawn.
    """
    if "entry" in line or not isinstance(line.get("entry_text"), str):
        return line.get("entry")
    try:
        return json.loads(str(line["entry_text"]))
    except (ValueError, RecursionError):
        return None


def excerpt_of(entry: object, finding: Mapping[str, object], text: str | None = None) -> Excerpt | None:
    """What the finding points at, as far as its pointer leads; None where there is nothing to show.

    Args:
        entry: decoded, or None.
        text: of an entry that is no JSON.
    """
    found = finding.get("found")
    said = _AT_BYTE.search(found) if isinstance(found, str) else None
    if text is not None and (entry is None or said is not None):
        return _in_text(text, int(said[1])) if said is not None else None
    if entry is None:
        return None
    path, _ = path_of(finding.get("pointer"), entry)
    value = value_at(entry, path)
    if isinstance(value, dict) and isinstance(found, str):
        path += tuple(islice((key for key in value if isinstance(key, str) and _names(found, key)), 1))
    if not path:
        return Excerpt("", _brief(entry, _WIDE, _MOST_DEPTH), "")
    return _in_entry(entry, path, is_key=_is_about_key(path, finding))


def _is_about_key(path: Path, finding: Mapping[str, object]) -> bool:
    """Whether it is the key that is wrong, and not what stands under it."""
    key, found, code = path[-1], finding.get("found"), finding.get("code")
    if not isinstance(key, str):
        return False
    is_found = isinstance(found, str) and _names(found, key)
    return is_found or (isinstance(code, str) and code.startswith(_ABOUT_KEYS))


def _names(found: str, key: str) -> bool:
    """Whether what was found is a key, perhaps with a word behind it."""
    shown = json.dumps(key[:_SHOWN], ensure_ascii=False)[:_SHOWN]
    return found in (shown, f"{shown[:-1]}{_MORE}", f"{shown} twice")


def _in_entry(entry: object, path: Path, *, is_key: bool) -> Excerpt:
    value = value_at(entry, path)
    before, wrong, after = "", _brief(value, _WRONG, _MOST_DEPTH), ""
    if is_key:
        wrong, after = _token(path[-1], _WRONG), f": {_brief(value, _SIBLING, 1)}"
    for level in range(len(path) - 1, -1, -1):
        if len(path) - level > _MOST_LEVELS or len(before) + len(after) > _WIDE:
            return Excerpt(f"{_MORE} {before}", wrong, f"{after} {_MORE}")
        has_name = not is_key or level < len(path) - 1
        opening, closing = _level(value_at(entry, path[:level]), path[level], has_name=has_name)
        before, after = opening + before, after + closing
    return Excerpt(before, wrong, after)


def _level(around: object, key: str | int, *, has_name: bool) -> tuple[str, str]:
    """What stands before and behind one value of an object or a list."""
    if isinstance(around, dict):
        earlier, later = _beside(list(around.items()), list(around).index(key))
        return f"{{{earlier}{_token(key, _SIBLING)}: " if has_name else f"{{{earlier}", f"{later}}}"
    assert isinstance(around, list)
    earlier, later = _beside([(None, each) for each in around], int(key))
    return f"[{earlier}", f"{later}]"


def _beside(siblings: Sequence[tuple[object, object]], at: int) -> tuple[str, str]:
    """The nearest siblings on either side, and how many are left out."""
    first, last = max(at - _AROUND, 0), min(at + 1 + _AROUND, len(siblings))
    earlier = [_sibling(*each) for each in siblings[first:at]]
    later = [_sibling(*each) for each in siblings[at + 1 : last]]
    if first:
        earlier.insert(0, _MORE)
    if last < len(siblings):
        later.append(_MORE)
    return "".join(f"{each}, " for each in earlier), "".join(f", {each}" for each in later)


def _sibling(key: object, value: object) -> str:
    shown = _brief(value, _SIBLING, 1)
    return shown if key is None else f"{_token(key, _SIBLING)}: {shown}"


def _brief(value: object, room: int, depth: int) -> str:
    """A value as JSON, of about so many characters and levels."""
    if isinstance(value, dict):
        pairs = ((f"{_token(key, _SIBLING)}: ", each) for key, each in value.items())
        return f"{{{_listed(pairs, len(value), room, depth)}}}"
    if isinstance(value, list):
        return f"[{_listed((('', each) for each in value), len(value), room, depth)}]"
    return _token(value, room)


def _listed(pairs: Iterable[tuple[str, object]], count: int, room: int, depth: int) -> str:
    if depth == 0:
        return _MORE if count else ""
    shown: list[str] = []
    for named, value in islice(pairs, _WIDE):
        if room <= 0:
            break
        shown.append(named + _brief(value, room, depth - 1))
        room -= len(shown[-1]) + 2
    if len(shown) < count:
        shown.append(_MORE)
    return ", ".join(shown)


def _token(value: object, room: int) -> str:
    """A text, number or word as JSON, cut; what turns a line around, or cannot be written, is escaped."""
    if isinstance(value, str):
        cut = value if len(value) <= room else value[:room] + _MORE
        return "".join(_visible(json.dumps(cut, ensure_ascii=False)))
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return f"{'-' if value < 0 else ''}1{_MORE}"
    return json.dumps(value, default=repr)


def _visible(text: str) -> Iterator[str]:
    for each in text:
        yield f"\\u{ord(each):04x}" if unicodedata.category(each) in _UNSEEN else each


def _in_text(text: str, byte: int) -> Excerpt:
    at = len(text.encode("utf-8", "surrogatepass")[:byte].decode("utf-8", "ignore"))
    found = _TOKEN.match(text, at)
    end = at if found is None else found.end()
    before, after = text[max(at - _WRONG, 0) : at], text[end : end + _WRONG]
    return Excerpt(
        (_MORE if at > _WRONG else "") + _plain(before),
        _plain(text[at:end]),
        _plain(after) + (_MORE if end + _WRONG < len(text) else ""),
    )


def _plain(text: str) -> str:
    return "".join(_visible(re.sub(r"\s+", " ", text)))

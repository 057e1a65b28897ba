"""Finds the name that a misspelt one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable

from bulk_importer.settings.definition import VARIABLE_PREFIX

__all__ = ["did_you_mean"]

_LIKENESS = 0.75  # imprt, --grce and max_inflight are above it; --dry-run and --retry-share (0.53) are not
_SHORTEST_BEGINNING = 3
_MOST_SUGGESTED = 3


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A question that names what was probably meant, with a blank before it; empty where nothing is close.

    Close is a slip of the fingers, or the beginning of a few names. What all names begin with says nothing, and counts
    for nothing: dashes, and the prefix of variables.
    """
    import difflib

    by_word = {_bare(each): each for each in names}
    word = _bare(name)
    close = difflib.get_close_matches(word, by_word, n=1, cutoff=_LIKENESS)
    if not close and len(word) >= _SHORTEST_BEGINNING:
        close = [each for each in by_word if each.startswith(word)]
    if not close or len(close) > _MOST_SUGGESTED:
        return ""
    return f" Did you mean {' or '.join(by_word[each] for each in close)}?"


def _bare(name: str) -> str:
    return name.removeprefix(VARIABLE_PREFIX).lower().lstrip("-").replace("_", "-")

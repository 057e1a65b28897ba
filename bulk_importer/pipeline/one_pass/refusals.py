"""Makes rejections of what the server refused: its own words, in the form of our findings.

The text of a schema refusal names places. Other refusals name a key at most, or the kind of what is wrong: the places
of the key are looked up in the entry, which was refused alone. A refusal that is not in the server's words (a gateway's
page, a connection that broke) is about the entry as a whole: its text, or its size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import msgspec

from bulk_importer.datagym.answers.server_words import in_words
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.labels.pointers import places_of
from bulk_importer.model import Batch, Entry, EntryRun, Finding, Rejection
from bulk_importer.transfer.isolation.parts import TURNED_AWAY, Refused

__all__ = ["REFUSED_CODE", "rejection_of", "rejections_of_condemned"]

REFUSED_CODE = "refused-by-server"
_TURNED_AWAY_CODE = "turned-away"
_NEWER = "classification-newer"
_LONGEST_FOUND = 500
_MOST_PLACES = 10


def rejection_of(batch: Batch, refused: Refused) -> Rejection:
    """The rejection of the entry at `refused.index` of `batch`, with a finding for each place that is to blame."""
    entry = next(entry for index, entry in enumerate(batch.each()) if index == refused.index)
    if refused.key in (TURNED_AWAY, "http_413"):
        return _turned_away(entry, refused.params[0])
    words = _words(refused)
    findings = [
        _finding(entry, REFUSED_CODE, pointer, "; ".join(messages))
        for pointer, messages in sorted(refused.pointers.items())
    ]
    if not findings:
        findings = [_finding(entry, code, pointer, words) for code, pointer in _blamed(entry, refused)]
    return Rejection.of(entry, findings)


def _words(refused: Refused) -> str:
    """What the server said. What failed again and again comes with the words of the last failure, as texts do."""
    is_key = refused.key.startswith("ex_") and not any(refused.key in param for param in refused.params)
    return in_words(refused.key, refused.params) if is_key else refused.params[0]


def rejections_of_condemned(run: EntryRun, said: str) -> tuple[Rejection, ...]:
    """The rejections of entries of which it was found out by rehearsals that they are not let through.

    Args:
        said: what came instead of an answer.
    """
    return tuple(_turned_away(run.entry(index), said) for index in range(len(run)))


def _turned_away(entry: Entry, said: str) -> Rejection:
    finding = _finding(entry, _TURNED_AWAY_CODE, "", f"{said}; the entry has {entry.length:,} bytes")
    return Rejection.of(entry, [finding])


def _blamed(entry: Entry, refused: Refused) -> Iterator[tuple[str, str]]:
    """The codes and places of what the server means (protocol 2.6); at least one."""
    match refused.key, refused.params:
        case "ex_gen_json_upload_not_found_task", _:
            yield REFUSED_CODE, "/internal_media_ID"
        case "ex_gen_wrong_entry_id", (key,):
            yield from ((REFUSED_CODE, place) for place in _places(entry, key))
        case "ex_notfound", ("LabelEntryValue", _, key):
            yield from ((_NEWER, place) for place in _places(entry, key, below="global_classifications"))
        case _:
            yield REFUSED_CODE, ""


def _places(entry: Entry, key: str, *, below: str | None = None) -> list[str]:
    """Where a key stands in an entry, or in one part of it; the entry itself where it is not found."""
    try:
        value: object = msgspec.json.decode(entry.raw)
    except msgspec.DecodeError:
        return [""]
    if isinstance(value, Mapping) and below is not None:
        value = {below: value.get(below)}
    return list(islice(places_of(key, value), _MOST_PLACES)) or [""]


def _finding(entry: Entry, code: str, pointer: str, words: str) -> Finding:
    return Finding.of(
        CATALOGUE[code], entry, pointer, "an entry that the server takes", words[:_LONGEST_FOUND]
    )

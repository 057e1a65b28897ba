"""Findings about the text of an element and its form: what no request can carry, or the import schema refuses.

Pure.
"""

from __future__ import annotations

from bulk_importer.labels.catalogue.words import AS_TEXT, ERROR, REFUSES
from bulk_importer.labels.flaws import FindingKind, Ring

__all__ = ["KINDS"]

KINDS = (
    FindingKind(
        "not-json",
        ERROR,
        Ring.TEXT,
        "The element is not JSON as RFC 8259 defines it, so that no request can carry it.",
        f"Fix the text at the place that is named: {AS_TEXT}.",
        firm=True,
    ),
    FindingKind(
        "not-a-number",
        ERROR,
        Ring.TEXT,
        "NaN or Infinity stands in place of a number. Python's json.dump writes them, but they are not JSON, and the "
        "server cannot read a request that holds one.",
        f"Write the number that is meant, or leave out what has none: {AS_TEXT}. json.dump(..., allow_nan=False) "
        "shows where they come from.",
        firm=True,
    ),
    FindingKind(
        "not-utf8",
        ERROR,
        Ring.TEXT,
        "The element holds bytes that are not UTF-8, the only encoding of JSON between programs.",
        "Write the file as UTF-8.",
        firm=True,
    ),
    FindingKind(
        "lone-surrogate",
        ERROR,
        Ring.TEXT,
        "A text holds half of a surrogate pair (an escape such as \\ud800 alone); the server stores other "
        "characters in its place.",
        "Write the whole character, or leave it out.",
        firm=True,
    ),
    FindingKind(
        "duplicate-key",
        ERROR,
        Ring.TEXT,
        "An object names one key twice. The server reads the last one; the others are silently lost.",
        "Merge the two, or remove the one that is not meant.",
    ),
    FindingKind(
        "too-deep",
        ERROR,
        Ring.TEXT,
        "The element is nested deeper than any entry needs; parsers, the server's among them, give up on it.",
        "Look at what wrote it; an entry needs about ten levels.",
        firm=True,
    ),
    FindingKind(
        "number-overflow",
        ERROR,
        Ring.SCHEMA,
        "A number is larger than a double can be. The server reads it as the text Infinity and refuses the request.",
        "Write the coordinate that is meant.",
        firm=True,
    ),
    FindingKind(
        "schema-type",
        ERROR,
        Ring.SCHEMA,
        f"A value is of another JSON type than the import schema wants. {REFUSES}",
        "Write a value of the expected type; leave the key out where there is no value.",
        firm=True,
    ),
    FindingKind(
        "schema-coordinate",
        ERROR,
        Ring.SCHEMA,
        f"A coordinate is neither a number from 0 up nor a text of the digits 0 to 9 alone. {REFUSES}",
        "Write a number that is not negative; leave out geometries that have no coordinates.",
        firm=True,
    ),
    FindingKind(
        "schema-missing-key",
        ERROR,
        Ring.SCHEMA,
        f"A point needs x and y, a rectangle x, y, w and h. {REFUSES}",
        "Add the key.",
        firm=True,
    ),
    FindingKind(
        "schema-extra-key",
        ERROR,
        Ring.SCHEMA,
        f"A key stands where the import schema knows none of that name. {REFUSES}",
        "Correct the key, or remove it.",
        firm=True,
    ),
    FindingKind(
        "schema-count",
        ERROR,
        Ring.SCHEMA,
        "A polygon needs three points or more, a line two or more, a point exactly one, a rectangle exactly one. "
        f"{REFUSES}",
        "Complete the geometry, or leave it out.",
        firm=True,
    ),
    FindingKind(
        "schema-classification",
        ERROR,
        Ring.SCHEMA,
        "A classification is a list: first a text or null, then a text or one object of nested classifications, then "
        f"texts. {REFUSES}",
        "Put the nested object second. An export writes one object for each child: keep the one that has a value.",
        firm=True,
    ),
    FindingKind(
        "schema-shape",
        ERROR,
        Ring.SCHEMA,
        f"A value does not fit the import schema. {REFUSES}",
        "Compare it with the expected form.",
        firm=True,
    ),
    FindingKind(
        "media-id-missing",
        ERROR,
        Ring.SCHEMA,
        "The entry has no internal_media_ID. The server silently skips it.",
        "Add the id of the media; 'bulk-importer media --server URL --project P' lists them. Or name media by their "
        "files: write the name of each as external_media_ID into its entry, and give --media-by name.",
        firm=True,
    ),
    FindingKind(
        "media-id-empty",
        ERROR,
        Ring.SCHEMA,
        f"The entry's internal_media_ID is empty, and no media has such an id. {REFUSES}",
        "Write the id of the media; 'bulk-importer media --server URL --project P' lists them.",
        firm=True,
    ),
)

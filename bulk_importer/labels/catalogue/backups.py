"""What an import does not bring back of the labels that a media holds, as a backup tells it.

Pure. An error is a label that no entry can say: it is kept in the file, under `backup.lost` of its entry. A warning is
about a label that comes back.
"""

from __future__ import annotations

from bulk_importer.labels.catalogue.words import ERROR, WARNING
from bulk_importer.labels.flaws import FindingKind, Ring
from bulk_importer.model import Severity

__all__ = ["KINDS"]


def _kind(code: str, severity: Severity, meaning: str, advice: str) -> FindingKind:
    return FindingKind(code, severity, Ring.HELD, meaning, advice, firm=True)


_BY_HAND = (
    "It stands in the file, under backup.lost of its entry; where it is wanted, a person has to set it anew."
)
_IN_TIME = "Correct it in the web application before the backup, where it is wanted."

KINDS = (
    _kind(
        "lost-branch",
        ERROR,
        "A classification of a geometry has values in more than one of those below it. An entry has room for one; the "
        "first of them is in it.",
        _BY_HAND,
    ),
    _kind("lost-segmentation", ERROR, "It is an image segmentation, which no import takes.", _BY_HAND),
    _kind(
        "lost-coordinates",
        ERROR,
        "Coordinates of a geometry are missing or negative, or there are too few points for its form.",
        _IN_TIME,
    ),
    _kind(
        "lost-unfit",
        ERROR,
        "A label does not fit the label configuration: its class or option is gone, or its text is too long.",
        _IN_TIME,
    ),
    _kind(
        "lost-depth", ERROR, "A geometry stands below a nested one. An entry has one level of them.", _BY_HAND
    ),
    _kind(
        "lost-second",
        ERROR,
        "A media or geometry holds one classification twice. The older value is in the entry.",
        _IN_TIME,
    ),
    _kind(
        "lost-validity",
        WARNING,
        "The server holds a label as invalid that fits the label configuration: it comes back, and is valid then.",
        "No action needed, unless the mark of a person is in it.",
    ),
    _kind(
        "lost-comment",
        WARNING,
        "A label comes back without the comment that the server holds with it.",
        _BY_HAND,
    ),
)

"""Findings about classes and classifications: what the label configuration does not know, or knows otherwise.

Pure.
"""

from __future__ import annotations

from bulk_importer.labels.catalogue.words import DROPS, ERROR, NOTE, REFUSES, WARNING
from bulk_importer.labels.flaws import FindingKind, Ring

__all__ = ["KINDS"]

KINDS = (
    FindingKind(
        "class-unknown",
        ERROR,
        Ring.MEANING,
        f"The label configuration has no such class at this place. {REFUSES}",
        "Correct the key, or add the class to the label configuration.",
    ),
    FindingKind(
        "class-nested",
        ERROR,
        Ring.MEANING,
        f"The class exists, but not at this place of the label configuration. {REFUSES}",
        "Put it where the label configuration has it.",
    ),
    FindingKind(
        "class-case",
        WARNING,
        Ring.MEANING,
        "The key differs from the configured one in case, in accents or by blanks at its end. A server on MariaDB "
        "takes them for one; a server on another database refuses the request.",
        "Write the key as it is configured.",
    ),
    FindingKind(
        "class-ambiguous",
        ERROR,
        Ring.MEANING,
        f"The label configuration has two classes of this key. {REFUSES}",
        "Rename one of the two in the label configuration.",
    ),
    FindingKind(
        "class-segmentation",
        ERROR,
        Ring.MEANING,
        "The class is an image segmentation, which cannot be imported: the server refuses coordinates under it, and "
        "creates an empty, invalid one without them.",
        "Leave it out; the server has no way to take it.",
    ),
    FindingKind(
        "class-is-classification",
        ERROR,
        Ring.MEANING,
        "A classification is used as a class of geometries. The server refuses coordinates under it, and creates a "
        "second, empty classification without them.",
        "Move it to global_classifications, or to the classifications of a geometry.",
    ),
    FindingKind(
        "classification-unknown",
        ERROR,
        Ring.MEANING,
        f"The label configuration has no such classification at this place. {REFUSES}",
        "Correct the key, or put the classification where the label configuration has it.",
    ),
    FindingKind(
        "classification-several",
        ERROR,
        Ring.MEANING,
        "A nested object names several classifications. The server reads the first and drops the others.",
        "Keep one. For a global classification, send the others in further entries of the same media, with keepData "
        "true and null in place of the value.",
    ),
    FindingKind(
        "classification-empty-object",
        ERROR,
        Ring.MEANING,
        f"A nested classification is an empty object. {REFUSES}",
        "Remove the object.",
    ),
    FindingKind(
        "option-unknown",
        ERROR,
        Ring.MEANING,
        f"The select has no such option (keys count, not labels; case matters). {DROPS}",
        "Write an option key, or add the option to the label configuration.",
    ),
    FindingKind(
        "option-invalid",
        ERROR,
        Ring.MEANING,
        "The checklist has no such option and must be filled in. The server stores it as invalid.",
        "Write an option key, or add the option to the label configuration.",
    ),
    FindingKind(
        "option-unlisted",
        WARNING,
        Ring.MEANING,
        "The checklist has no such option, and need not be filled in. The server stores the text all the same.",
        "Write an option key, or add the option to the label configuration.",
    ),
    FindingKind(
        "option-twice",
        WARNING,
        Ring.MEANING,
        "A checklist names one option more than once. The server stores it as often.",
        "Keep each option once.",
    ),
    FindingKind(
        "value-several",
        ERROR,
        Ring.MEANING,
        f"A select or a text holds one value, not several. {DROPS}",
        "Keep one value.",
    ),
    FindingKind(
        "text-too-long",
        ERROR,
        Ring.MEANING,
        "The text is longer than the label configuration allows. The server stores it as invalid.",
        "Shorten the text, or raise the limit in the label configuration.",
    ),
    FindingKind(
        "text-over-255",
        ERROR,
        Ring.MEANING,
        f"The text is longer than the 255 characters that the server's database holds. {REFUSES}",
        "Shorten the text.",
    ),
    FindingKind(
        "text-empty",
        ERROR,
        Ring.MEANING,
        "The text is empty, and the label configuration requires one. The server stores it as invalid.",
        "Fill it in, or write [null] to leave it open.",
    ),
    FindingKind(
        "classification-unset",
        NOTE,
        Ring.MEANING,
        "[] and [null] change nothing: a value that the media has stays, a value that it has not stays open.",
        "No action needed. To clear a value, send the entry with keepData false.",
    ),
    FindingKind(
        "classification-omitted",
        NOTE,
        Ring.MEANING,
        "An optional classification is not given; it stays open.",
        "Add it where it is known; else no action is needed. --deny classification-omitted refuses such entries.",
    ),
    FindingKind(
        "required-omitted",
        NOTE,
        Ring.MEANING,
        "A required classification is not given. The entry is stored; the task cannot be completed until it is filled.",
        "Add it where it is known. --deny required-omitted refuses such entries.",
    ),
)

"""Findings about the media that an entry names: it is not there, or holds the work of people.

Pure.
"""

from __future__ import annotations

from bulk_importer.labels.catalogue.words import ERROR, NOTE, REFUSES
from bulk_importer.labels.flaws import FindingKind, Ring

__all__ = ["KINDS"]

KINDS = (
    FindingKind(
        "media-unknown",
        ERROR,
        Ring.MEDIA,
        f"The project has no media of this id. {REFUSES}",
        "Check the id and the project; 'bulk-importer media --server URL --project P' lists the ids.",
    ),
    FindingKind(
        "media-benchmark",
        ERROR,
        Ring.MEDIA,
        f"The media belongs to a benchmark, which takes no import. {REFUSES}",
        "Leave the entry out, or take the media out of the benchmark.",
    ),
    FindingKind(
        "media-ambiguous",
        ERROR,
        Ring.MEDIA,
        f"The media has two tasks in the project. {REFUSES}",
        "Remove the media from the project and connect it once.",
    ),
    FindingKind(
        "media-finished",
        ERROR,
        Ring.MEDIA,
        "The entry says keepData false, and its task is in progress, completed or reviewed: the work of people would "
        "be deleted.",
        "Check that this is meant; then use --replace-finished.",
    ),
    FindingKind(
        "media-uploaded",
        ERROR,
        Ring.MEDIA,
        "The entry appends, and its media already held an upload when this checkpoint was begun. If it was the same "
        "input, every geometry would be doubled.",
        "Check that this is meant; then use --onto-uploaded, or send the entry with keepData false.",
    ),
    FindingKind(
        "media-replaced",
        NOTE,
        Ring.MEDIA,
        "The entry says keepData false, and its media already holds an upload or, with --replace-finished, the work of "
        "people, which is deleted.",
        "No action needed, if that is meant.",
    ),
    FindingKind(
        "media-name-unknown",
        ERROR,
        Ring.MEDIA,
        "With --media-by name, the entry has no internal_media_ID, and no media of the project has the name of its "
        "external_media_ID.",
        "Check the name: the finding names those that are like it, 'bulk-importer media --server URL --project P' all. "
        "--media-map FILE says what a name means.",
        firm=True,
    ),
    FindingKind(
        "media-name-ambiguous",
        ERROR,
        Ring.MEDIA,
        "With --media-by name, several media have the name of the entry's external_media_ID.",
        "Narrow the search with --dataset, say what the name means with --media-map FILE, or give internal_media_ID.",
        firm=True,
    ),
    FindingKind(
        "media-name-contested",
        ERROR,
        Ring.MEDIA,
        "Several pictures of the source, in different folders, mean the same media by their file names, and the labels "
        "of each would be written to it.",
        "Say with --media-map FILE which media each of them is, or call the media in the project as the source does, "
        "with their folders. 'bulk-importer retry CHECKPOINT --media-by name --media-map FILE' sends those that were "
        "rejected.",
        firm=True,
    ),
    FindingKind(
        "media-name-contradicts",
        ERROR,
        Ring.MEDIA,
        "With --media-by name, the entry's internal_media_ID and its external_media_ID mean different media.",
        "Correct one of the two, or remove the one that is wrong.",
        firm=True,
    ),
)

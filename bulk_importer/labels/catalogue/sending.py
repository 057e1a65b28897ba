"""Findings that show when entries are sent: what the server refused, and what entries of one media do to each other.

Pure.
"""

from __future__ import annotations

from bulk_importer.labels.catalogue.words import ERROR, WARNING
from bulk_importer.labels.flaws import FindingKind, Ring

__all__ = ["KINDS"]

KINDS = (
    FindingKind(
        "refused-by-server",
        ERROR,
        Ring.SERVER,
        "The server refused the entry when it was sent alone, or named it in its answer.",
        "Read the server's own words in the finding, and compare the entry with the project's label configuration: it "
        "may have changed.",
        firm=True,
    ),
    FindingKind(
        "turned-away",
        ERROR,
        Ring.SERVER,
        "Something between here and the server (a firewall, a gateway, a proxy), or a server in no state to say more, "
        "does not let this entry through, while other uploads pass.",
        "Show the words in the finding to whoever runs the gateway: a rule dislikes a text in the entry, or a limit is "
        "below its size. Change the text, make the entry smaller, or have the rule changed; then feed it again with "
        "'bulk-importer retry CHECKPOINT CORRECTED.jsonl'.",
        firm=True,
    ),
    FindingKind(
        "classification-newer",
        ERROR,
        Ring.SERVER,
        "The media holds global classifications since before this nested one was added to the label configuration, and "
        "without keepData false the server does not find a place for it. It refuses the whole request.",
        "Open the media once in DataGym, which makes the place, and feed the entry again with "
        "'bulk-importer retry CHECKPOINT'; or send it with keepData false, which replaces what the media holds.",
        firm=True,
    ),
    FindingKind(
        "retry-out-of-order",
        ERROR,
        Ring.INPUT,
        "The entry was rejected and is fed again, but a later entry of its media is settled, and one of the two says "
        "keepData false: sent now, it would delete what came after it, or be deleted by it.",
        "Merge the entries of the media into one with keepData false.",
    ),
    FindingKind(
        "task-incomplete",
        ERROR,
        Ring.SERVER,
        "The task is not completed: a value of its media that the label configuration requires is unset, or a value is "
        "invalid. The labels are there.",
        "Fill it in in DataGym, or import it with keepData true; then run 'bulk-importer complete CHECKPOINT' again.",
        firm=True,
    ),
    FindingKind(
        "task-refused",
        ERROR,
        Ring.SERVER,
        "The server does not complete or skip the task, for a reason that is about this task. The labels are there.",
        "Read the server's own words in the finding, and open the media in DataGym; then run "
        "'bulk-importer complete CHECKPOINT' again.",
        firm=True,
    ),
    FindingKind(
        "earlier-entry-wiped",
        WARNING,
        Ring.INPUT,
        "An earlier entry of the input, or of another source of the same command, has the same media, and this one "
        "says keepData false: what the earlier entry brings is deleted again.",
        "Merge the two entries, or say keepData true in the later one.",
    ),
)

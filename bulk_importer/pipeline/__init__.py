"""Imports one source into one project: the stages meet here, and nowhere else.

What it promises, whatever happens on either side:

 1. Every position ends in exactly one place: delivered, rejected (with the reason, fit to be fed again), skipped (an
    element that holds only `label_classes`), in doubt, or owed.
 2. Owed by default: nothing is delivered because it left a queue, or because the status was 200.
 3. Durable first, known second: a position is settled when the record that says so is on disk, and not before.
 4. Nothing twice: a batch whose answer was lost is in doubt and is not sent again before it is known what became of
    it; what cannot be known is reported, never guessed.
 5. Order per media: two entries of one media are never in two requests at a time and never overtake each other.
 6. One bad entry costs one entry, whoever refuses it: the server in its own words, or something before it in nobody's.
 7. No silent loss: what the server would accept and then drop is found before it is sent.
 8. Same bytes or refuse: a resume on another input, project or server stops before anything of it is sent.
 9. Bounded memory: the terms are in `intake`, `packing.pool` and `checkpoint.log.state`; nothing grows with the input.
10. A stop is clean: the first signal lets land what is in flight, the second gives it up, kill -9 loses nothing; each
    way the same command goes on.

The flow: `feed` reads and judges segments; each is recorded, and what it owes goes into the pool, which blocks while
it is full; the dispatcher empties it. Both run until the source ends or a stop is requested. `Import` sets them up
and says in a summary what came of it; `account` does the sums. Several sources of one command are imported one after
the other: `neighbours` is what each has to know of the others, `foreseeing` reads new ones before anything is sent, and
`places` says where the checkpoint of each is.
"""

from typing import TYPE_CHECKING

from bulk_importer.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from bulk_importer.pipeline.run import Import
    from bulk_importer.pipeline.summarizing import Announcement
else:
    __getattr__ = lazy_exports(
        __name__,
        {
            "Announcement": "summarizing",
            "Import": "run",
        },
    )

__all__ = ["Announcement", "Import"]

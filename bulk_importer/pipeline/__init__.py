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

`importing` is the way in. It finds the project (`connecting`), opens the checkpoint and waits for its lock as long as
`--lock-wait` allows (`lock_wait`), gathers the fixed parts of a run (`opening` makes a `run.Run`), lets `passes` go
over the source until nothing more can be sent or known, and leaves record and summary to `concluding`. In a pass,
segments are read, judged and recorded, and what is owed of them goes into the pool, which blocks while it is full; the
dispatcher empties the pool. Both run until the source ends or a stop is requested. `summarizing` does the sums,
`ruleset` gathers what entries are checked against, `announcing` says what a run is about to do, and `notes` are what it
leaves for the summaries of later ones.

Rooms: `conversion` makes entries of the labels of another tool first; `one_pass` is one pass over the source; `check`
judges an input without sending anything; `guards` end a run while it goes on; `resume` knows how an earlier run is gone
on with; `retry` feeds rejected entries again; `wiped` finds later entries that wipe what earlier ones of their media
bring, also across the sources of one command.
"""

from typing import TYPE_CHECKING

from bulk_importer.loading.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from bulk_importer.pipeline.announcing import Announcement
    from bulk_importer.pipeline.guards.replacement import Confirmation
    from bulk_importer.pipeline.importing import import_source
    from bulk_importer.pipeline.run import Caller, ImportSpec
else:
    __getattr__ = lazy_exports(
        __name__,
        {
            "Announcement": "announcing",
            "Caller": "run",
            "Confirmation": "guards.replacement",
            "ImportSpec": "run",
            "import_source": "importing",
        },
    )

__all__ = ["Announcement", "Caller", "Confirmation", "ImportSpec", "import_source"]

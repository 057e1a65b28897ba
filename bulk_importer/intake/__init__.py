"""From bytes to entries that may be sent: sources, segments, workers, and the judge.

Guess, then prove. `opening` finds the array; `cutting` cuts the source into segments at a guessed element boundary;
a worker proves the guess (`segments`: the stretch decodes as an array, so it ends where it began, between elements),
or delimits it exactly (`scan`, and `exact` where JSON stops being JSON), and has the elements judged (`validation`).
What comes back are columns; `reading` puts them in order, and cuts again where a guess was wrong. A wrong guess costs
time, never truth: every segment behind a proven one begins at an element.

Memory, whatever the size of the source, with S `segment_bytes`, W `workers`, E the largest entry:

    main process    W + 1 segments in order of reading: their bytes for a source that is no plain file (W + 1) * S,
                    and their columns, about 100 bytes an entry; the one that is handed on: S
    each worker     an interpreter with its decoders, about 35 MB; the stretch S and its joined copy S; the columns;
                    one decoded entry, about 10 * E
"""

from bulk_importer.intake.reading import End, Intake, IntakeOptions, JudgedSegment
from bulk_importer.intake.sources import Source, open_entries, open_source
from bulk_importer.intake.validation import Judge, Judged, Rules

__all__ = [
    "End",
    "Intake",
    "IntakeOptions",
    "Judge",
    "Judged",
    "JudgedSegment",
    "Rules",
    "Source",
    "open_entries",
    "open_source",
]

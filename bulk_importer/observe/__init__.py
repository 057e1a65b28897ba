"""From events to what people and machines see.

Observers are called with each event (see `events`), in the event loop; they never decide anything and never end a
run. `JsonLog` writes `run.log`; `MovingLine`, `PlainLines` and `JsonLines` show how far it is, in the way that suits a
stream, `ticking` by the clock; `summary_text` says in words what came of a run.
"""

from bulk_importer.observe.jsonlog import JsonLog
from bulk_importer.observe.line import Drawing
from bulk_importer.observe.progress import JsonLines, MovingLine, PlainLines, Progress, ticking
from bulk_importer.observe.report import summary_text
from bulk_importer.observe.standing import Tone

__all__ = [
    "Drawing",
    "JsonLines",
    "JsonLog",
    "MovingLine",
    "PlainLines",
    "Progress",
    "Tone",
    "summary_text",
    "ticking",
]

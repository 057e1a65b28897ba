"""From events to what people and machines see.

Observers are called with each event (see `events`), in the event loop; they never decide anything and never end a
run. `JsonLog` writes `run.log`; `MovingLine`, `PlainLines` and `JsonLines` show how far it is, in the way that suits a
stream, `ticking` by the clock; `summary_text` says in words what came of a run; `Waiting` says that the server
does not answer.
"""

from bulk_importer.observe.jsonlog import JsonLog
from bulk_importer.observe.line import Drawing
from bulk_importer.observe.progress import JsonLines, MovingLine, PlainLines, Progress, ticking
from bulk_importer.observe.report import origin_text, summary_text
from bulk_importer.observe.standing import Tone
from bulk_importer.observe.waiting import Waiting

__all__ = [
    "Drawing",
    "JsonLines",
    "JsonLog",
    "MovingLine",
    "PlainLines",
    "Progress",
    "Tone",
    "Waiting",
    "origin_text",
    "summary_text",
    "ticking",
]

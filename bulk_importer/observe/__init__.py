"""From events to what people and machines see.

Observers are called with each event (see `events`), in the event loop; they never decide anything and never end a run.
`jsonlog` writes `run.log`, and `waits` reads in that of another process what its run waits for. `progress` shows how
far something is, in the way that suits a stream: `progress_state` adds up the events to `parts`, `line` fits those
into a line of a terminal, `wording` says in a sentence what an event tells. `silent_server` says at once that a server
does not answer, `outcome` what came of a run and what to do now, `summary_text` that in a few lines, and `tasks` what
of the tasks behind it. `report` makes a page of it, of the `markup` and the `drawing` that a live page is made of, too.
`timeline` is the course of a run, which both show.
`metrics` counts for Prometheus, and `telling` says what others are told of a beginning and an end.

This room knows events and summaries and nothing of what makes them. Streams are given to it as functions.
"""

from bulk_importer.observe.jsonlog import JsonLog
from bulk_importer.observe.line import Drawing
from bulk_importer.observe.outcome import origin_text
from bulk_importer.observe.parts import Tone
from bulk_importer.observe.progress import JsonLines, MovingLine, PlainLines, Progress, ticking
from bulk_importer.observe.silent_server import SilentServerNotice
from bulk_importer.observe.summary_text import finding_lines, media_lines, route_text, summary_text
from bulk_importer.observe.tasks import task_lines
from bulk_importer.observe.wording import sentence_of, source_called

__all__ = [
    "Drawing",
    "JsonLines",
    "JsonLog",
    "MovingLine",
    "PlainLines",
    "Progress",
    "SilentServerNotice",
    "Tone",
    "finding_lines",
    "media_lines",
    "origin_text",
    "route_text",
    "sentence_of",
    "source_called",
    "summary_text",
    "task_lines",
    "ticking",
]

"""From events to what people and machines see.

Observers are called with each event (see `events`), in the event loop; they never decide anything and never end a
run. `JsonLog` writes `run.log`, `progress_for` gives the line that suits a stream, `Waiting` says that the server does
not answer, `summary_text` says in words what came of a run.
"""

from bulk_importer.observe.jsonlog import JsonLog
from bulk_importer.observe.progress import Progress, progress_for
from bulk_importer.observe.report import origin_text, summary_text
from bulk_importer.observe.waiting import Waiting

__all__ = ["JsonLog", "Progress", "Waiting", "origin_text", "progress_for", "summary_text"]

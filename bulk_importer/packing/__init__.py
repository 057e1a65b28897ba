"""From entries to batches: what waits, what may leave together, and what must keep its order.

- `pool` is the channel between the stages: intake puts runs in and closes it, transfer seals batches and settles them;
  both ends meet in `pipeline`. It is bounded, and a full one stops the reading.
- `lanes` keep the entries of one media in order.
- `runs` cuts entries out of their segment, and joins them to a body.
- `limits` counts what a batch holds so far.
- `suspects` keeps entries that failed together from all others.

Nothing here knows the server, the checkpoint or the source.
"""

from bulk_importer.packing.lanes import Lanes
from bulk_importer.packing.limits import Load
from bulk_importer.packing.pool import Pool
from bulk_importer.packing.suspects import Suspects

__all__ = ["Lanes", "Load", "Pool", "Suspects"]

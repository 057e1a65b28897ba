"""From entries to batches: what waits, what may leave together, and what must keep its order.

- `pool` is the channel between the stages: intake puts runs in and closes it, transfer seals batches and settles them;
  both ends meet in `pipeline`. It is bounded, and a full one stops the reading.
- `lanes` keep the entries of one media in order.
- `apart` keeps entries that failed together from all others.
- `runs` cuts entries out of their segment, and joins them to a body.
- `limits` counts what a batch holds so far.

Nothing here knows the server, the checkpoint or the source.
"""

from bulk_importer.packing.apart import Apart
from bulk_importer.packing.lanes import Lanes
from bulk_importer.packing.limits import Load
from bulk_importer.packing.pool import Pool

__all__ = ["Apart", "Lanes", "Load", "Pool"]

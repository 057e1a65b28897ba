"""From entries to batches: what waits, what may leave together, and what must keep its order.

`Pool` is fed by intake and emptied by transfer; both ends meet in `pipeline`. `Lanes` keep the entries of one media
in order, `Apart` keeps what failed together from others, `Load` is what a batch holds so far. Nothing here knows the
server, the checkpoint or the source.
"""

from bulk_importer.packing.apart import Apart
from bulk_importer.packing.lanes import Lanes
from bulk_importer.packing.limits import Load
from bulk_importer.packing.pool import Pool

__all__ = ["Apart", "Lanes", "Load", "Pool"]

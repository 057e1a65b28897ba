"""Steering a run from outside: the words for it, and the way to a run in another process.

`values` is what a person asks, what is answered, and who obeys. `server` hears that on a socket in the folder of the
checkpoint, in the event loop of the run, and `client` asks there. Nothing here knows how a run is made.
"""

from bulk_importer.steering.values import Answer, Command, Controls, Limits, Standing

__all__ = ["Answer", "Command", "Controls", "Limits", "Standing"]

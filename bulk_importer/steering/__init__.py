"""Steering a run from outside: the words for it.

`values` is what a person asks, what is answered, and who obeys. Nothing here knows how a run is made.
"""

from bulk_importer.steering.values import Answer, Command, Controls, Limits, Standing

__all__ = ["Answer", "Command", "Controls", "Limits", "Standing"]

"""Puts together what came of all shards: the sums, the rejected entries by their positions in the source, a report.

It reads logs and changes nothing of them, so it may be asked at any time, while workers are at work as well.
"""

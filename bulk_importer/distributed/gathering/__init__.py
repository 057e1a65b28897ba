"""Puts together what came of all shards: the sums, the rejected entries by their positions in the source, a report.

It reads logs and changes nothing of them, so it may be asked at any time, while workers are at work as well.

- `gathering` looks at all shards, each as `standing` finds it, and proves that they are the whole; `values` is what it
  finds. `holders` says who has a lease.
- `totals` sums up; `overlap` finds media that several shards count.
- `rejects` puts rejected entries into the order of the source, and `writing` into one file; `routing` finds the shard
  of each line of that file when it comes back corrected.
"""

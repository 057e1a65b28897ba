"""Where a plan lies, and the logs of its shards: a folder that all workers share, or a prefix in a bucket.

Five calls are all that is asked of either (see `interfaces`). The only one that two workers can be at odds about is
`create`, of which one wins: a hard link on a file system, a conditional put in a bucket. `open` finds out which of them
a user has named.
"""

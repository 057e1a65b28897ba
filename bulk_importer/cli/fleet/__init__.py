"""The commands of a fleet: `plan` divides a source, `work` imports a shard, `gather` puts together what came of all.

`status`, `retry`, `resolve` and `undo` are what the commands of these names do with a plan; all but the first go from
shard to shard (`by_shard`). `index` finds out which shard a worker is for, `result_file` tells its scheduler what came
of it. `together` is what came of all shards, and `engine` has a Dask cluster do all of it. What a plan is,
`distributed` knows.
"""

"""Imports one shard: takes its lease and a seat, takes over what an earlier worker left, and runs the import of it.

`work_on` is the way in. The pieces of a shard are one source to the pipeline, each proven by its digest before anything
of it is given; what the lease forbids is asked where the last byte of a request would leave, as a request that is not
whole cannot be executed.

Nothing is sent twice, whenever the first of two workers is stopped. What it has sent, or is about to send, is on record
before the first byte leaves. If that was before the second one copied the log, it is a request there that may be
running, and is not sent again before it is known what became of it. If it comes after that, the lease has run out, and
the request lacks its last byte.

Modules: `working` is the way in, `turns` waits for leases and holds the permits, `asked` says what the plan asks of
this machine, `opening` opens a shard as a `shard_source`; `feeding` sends corrected entries to a shard, for which
`elsewhere` looks what other shards have for their media; `undoing` takes its import back, `resolving` has a person
decide about lost answers, `summaries` say what came of it.
"""

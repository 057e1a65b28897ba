"""One input, many workers: a plan divides it into shards, each is imported by one worker at a time, all is summed up.

A fleet does not make a small server faster. It reads and checks terabytes faster, moves many projects at a time, and is
hard to kill: what one worker leaves behind another one takes over, with its log.

What is promised, beside what `pipeline` promises of each import:

 1. Each position of the source is in exactly one shard, and the plan proves it: a *shard* is a list of *pieces*, each
    with its positions, its bytes and a digest of these, which is checked before anything of the piece is sent.
 2. All entries of a media are in one shard, in their order: those that stand in the stretch of another shard are moved
    to the one that has the first of them.
 3. One worker at a time sends for a shard: it holds the *lease* of the shard, with an *epoch* that each holder raises.
    A worker whose lease has run out by its own clock sends nothing more; no other takes it over before that.
 4. Each epoch that follows a worker that was lost has a checkpoint folder of its own, which begins as a copy of the
    last one: whatever the lost worker still writes, it writes where nobody reads.
 5. What may be in flight at a time, and leave in a second, is divided among *seats*. A worker takes a seat, by a lease
    as well, and waits while all are taken: so the sum is what was asked for, however many workers there are.

A plan lies at a *place*: a folder that all workers share, or a prefix in a bucket. There:

    plan.json                   the plan (`values.Plan`); written last, once, and never changed
    shards/DIGEST               the pieces of a shard, by the digest of this very file
    work/00017/lease-000003     who holds the lease of shard 17 in epoch 3; created once
    work/00017/beat-000003      the sign of life of that holder
    work/00017/free-000003      that it has given the lease back; created once
    work/00017/epoch-000003/    the checkpoint of the shard
    work/00017/result.json      what the last work on it came to (`values.Result`)
    seats/0/lease-000001        the same of a seat
    undone                      all that was imported is taken back: no shard is begun any more
    gathered/                   what `gather` has put together

A shard is a source like any other, and its import is that of `pipeline`: nothing of that is written twice. So its log
counts positions from 0; `values.Piece` says which positions of the source those are.

Rooms: `places` is where a plan lies, `leases` who may send, `keeping` where checkpoints are, `planning` makes a plan,
`work` imports a shard, `gathering` puts together what came of all, `engines` lets a scheduler do the three. Beside them
`results` is what work on a shard came to, `translating` says where in the source its elements stand, and `corrected`
which media a correction brought something to.
"""

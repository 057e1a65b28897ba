"""Lets a Dask scheduler run the shards of a plan, each in a process of its own: `bulk-importer work PLAN --index N`.

The lease decides who sends, and the place what is done; the scheduler is believed in neither. What was seen of it, and
what is built on that (the scripts are in `findings`):

- A worker that is stopped (SIGTERM of its nanny) says `closing` at once, its task is begun elsewhere at once, and its
  process is killed some seconds later, without a `finally`. So the task looks at its worker several times a second,
  and stops its child the moment that something is amiss.
- A worker process that is killed says nothing. The child notices by itself: its standard input ends.
- A cancelled task goes on to its end; the worker only notes that nobody wants it. The task looks for that note.
- Workers end when their scheduler does, and whoever starts them has to start them again. Futures are cancelled then,
  and the client goes on with new ones, of what is not complete at the place.
- A worker that is frozen is not missed for minutes. The client misses its signs after a lease, and begins the shard
  elsewhere.
- A client that connects to something that takes its connection and is silent waits for ever, whatever its time-out.

Who runs what:

    client      `fleet` gives out shards, as many at a time as there are seats, in turns (`turns`, pure); `cluster` is
                the way to the scheduler; `standing` adds up how far the shards are
    worker      `shard_task` is the task; `shard_process` the child process and the pipe that ends with its parent
    both        `orders` is what a task is told and what it answers

`judging` lets the workers of a scheduler judge the segments of a source, for a check: `judge_task` is what they run, by
`kept_rules`.
A token is never sent: workers have their own, in their environment or in the file that `--token-file` names.
"""

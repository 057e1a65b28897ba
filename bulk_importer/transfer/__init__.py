"""From batches to outcomes: what leaves when, what an answer means for it, and when to pause or stop.

`dispatcher` pulls batches from the pool and sees each through; `isolator` takes apart what was refused; both send
through one `sender`, a stack of layers, and `slots` say whose turn it is. Who decides:

- `adaptive` learns how many requests may be in flight, and how heavy a batch may be.
- `admission` holds requests back for reasons that concern all of them: an outage, a slow server, rates, hours, a pause.
- `isolation` finds out what in a batch was refused, and whether other uploads pass meanwhile.
- `options` says what a person wants and what an earlier run found out; `stop` is the wish to end.
- `interfaces` says what transfer needs of others: a pool, a ledger, the upload route. `build` puts all of it together.

Nothing here knows where entries come from, how the log is written, or what an answer looks like as bytes.

Is it about the request, or about the server? The server's own words say it. For everything else (a page, a reset,
nothing) there is one rule: while other uploads pass it is about this request, and while none passes it is about the
server.

    not executed                               perhaps executed: in doubt, lanes shut
      | sent once more in place                  | rehearsals: its parts, unable to be executed
      v                                          v
    does an upload of nothing pass? <----------- does an upload of nothing pass?
      | yes                 | no                 | yes                          | no
      v                     v                    v                              v
    taken apart;        set aside; others      culprits on record: rejected     nobody is suspected; after a few
    the culprit is      try in turn; the run   when the doubt has ended and     the run pauses, and an upload of
    rejected            pauses, or ends        they are owed; else in parts     nothing has to pass before one tries

Once something was accepted, that takes the place of nothing, as a rehearsal; `passage` says why neither can be
executed.

Cost, for one culprit in a batch of n: at most 3 * ceil(log2 n) + 10 uploads where it was not executed; where answers
were lost, one of the batch and at most 2 * ceil(log2 n) + 4 rehearsals, and where these find nothing 16 a level of
parts and five alone. No more requests are lost in a row than are in flight, and three, besides those of entries that
lost their answers in an earlier run.
"""

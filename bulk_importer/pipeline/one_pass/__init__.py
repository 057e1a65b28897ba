"""One pass over the source of a run: the stages side by side, and how they end together.

`flow` builds the stages of a pass and runs them. `feed` reads and judges segments, puts each on record, and hands on
what is owed of it; here `--limit` is counted. `run_ledger` stands between the sending side and the checkpoint and acts
upon what is recorded. `refusals` puts the server's words into the form of findings. Whether there is another pass is
not known here: see `pipeline.passes`.
"""

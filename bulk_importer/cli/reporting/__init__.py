"""Gathers what a report says, and writes it: a page beside what it is about.

`checkpoints` reads the log of a checkpoint, its `run.log` and `rejected.jsonl`, so a report can be made at any time,
also of a run that goes on or was killed. `checks` and `conversions` take what a command found, which is kept nowhere
else, and `endings` how one ended that has left no checkpoint. `samples` keeps a few rejected entries of each kind,
`rejects` finds these in a file of any length, `images` what they are shown on; `accounts` makes accounts by class of
what is on record, `kinds` says what findings mean, and `writing` puts the page in its place (`places`, where there is
no checkpoint).

What a report needs is imported when one is written, and never before.
"""

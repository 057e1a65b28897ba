"""Finds entries that are wiped: a later entry of their media says `keepData: false` and replaces what they bring.

`mentions` knows which media the entries before mentioned, in bounded memory; `mention_log` keeps that in the folder of
a checkpoint; `wiped_entries` finds, counts or rejects the later entries, segment by segment. Two modules are for
several sources of one command: `foreseeing` reads new ones before anything is sent, and `neighbours` is what each has
to know of the others: what they mention, and which of their media are in doubt, so that a source waits with these
(`Neighbours.in_doubt_beside`, from `mention_log.keys_in_doubt`). `followed_media` is all of that for one run, and
`media_counts` says at its end how many media have something by now. What is
on the server already is not their concern: see `media.rules`.
"""

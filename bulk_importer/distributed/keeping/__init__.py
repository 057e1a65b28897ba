"""Keeps the checkpoints of shards at the place of their plan, a folder or a bucket; each holder of a lease has its own.

In a bucket the files of a checkpoint lie as *segments*: what was appended between two syncs is one object, which is
there when the sync returns. So what `checkpoint` promises of a file on disk holds for a bucket as well: a record is
known when it is there, and not before. The file itself lies in a folder of this machine, for those who read it, and may
be lost with the machine.

    work/00017/epoch-000003/log/0001-000000000000
    work/00017/epoch-000003/log/0001-000000000213
    work/00017/epoch-000003/digests/0001-000000000000

A segment is named by a *generation* and the byte of the file that it begins at. A file that is written anew, as the log
is when it is compacted, begins a generation; it counts from its first segment on, which is all that stands in place of
the one before. A segment is never torn, and never replaced: one that is there already was put by somebody else.

A retry is a checkpoint in the checkpoint, with the same files and names that begin with `retries/0001/`, and so is an
undo, with `undo/0001/`; what replaced labels were is kept likewise. When lines are taken out of `rejected.jsonl`, the
generation without them is there before the log counts on it. Files that can be done without, such as `run.log`, are put
as one object when work ends.

Each epoch has a prefix of its own, which nobody else writes below. It begins as a copy of the last one, the log last:
an epoch without a log counts for nothing. What is copied while a lost worker still writes is a prefix of its log, and
at least what that counts on, as the log is read first.

Modules: `interfaces` is what work asks for, `opening` has it for any place, `epoch_folders` for a folder that all
share, `epoch_objects` for a bucket; that has its files put by `shipping` and read by `fetching`, as objects that
`segments` names.
"""

r"""The log of a checkpoint: its format, what it promises, and what a crash leaves of it.

# Terms

A *record* says one thing (see `records`); a *frame* is a record as it lies in the file; a *group* is a run of
frames that were written and synced together; *torn* is a frame that a crash overtook; *damage* is anything
else that was not written like that.

# Format

A log is a sequence of frames and nothing else. One frame is one line:

    0000004f8d3c11e2 5b0f6a91 {"type":"sent","batch":7,"spans":[[70,80]],"at":1732332000.25}\n
    |length |check  | |check   |payload: one JSON object in UTF-8 without line breaks

- `length`: bytes of the payload, eight hexadecimal digits; `check` behind it: CRC-32 of these eight digits;
- the other `check`: CRC-32 of the payload; every digit is in lower case;
- both CRCs begin with the byte offset of the frame (modulo 2^32) in place of 0, so that a frame that was
  dropped, doubled or moved is noticed as well as one that was altered;
- a line feed ends the frame; it is never zero, and no single flipped bit makes it zero.

It is text, so that a person can look at it with `less` or `grep`.

The first record is a `header`. If it says `compacted`, the second is a `snapshot`, which stands for all
records that were there before. The other records follow in the order in which they came true.

# Invariants

- Any prefix that holds the header (and the snapshot it announces) tells the state that was true when the log
  had that length. A log gets its name when these first records are on disk, so it never lacks them: without
  a whole one it is damaged, and never taken for a fresh one.
- A record is known to the rest of the program when it is on disk, and not before. A request leaves after its
  `sent`.
- What a record counts on in another file (`rejected.jsonl`, `digests`) is on disk before the record is
  written. These files may hold more than the log counts on; the surplus is cut when they are opened. Where a record
  counts on a shorter `rejected.jsonl`, that is on disk under another name (see `checkpoint.rejects`).
- A single flipped bit anywhere is noticed.
- One process writes (see `checkpoint.lock`); anyone may read at any time.

# What a crash leaves

- A kill between two system calls leaves whole groups, or a group of which the end is missing: its last frame
  is torn, those before it are true (nobody acted on them yet, which does no harm).
- A power cut may besides leave zeros in place of the end of the last group: a file's new size can reach
  the disk before its bytes.
- So a frame that is cut short by the end of the file, or from some byte on holds zeros up to the end of
  the file, is torn: it is cut off when the log is opened for writing, and ignored by those who only read. A
  whole frame with a wrong checksum is damage, at the end as well: a crash does not flip bits.
- A crash while the log is compacted leaves the old log or the new one, and maybe a file `log.new`, which
  is removed when the log is opened for writing.

# Compaction

A log is written anew as header and snapshot when it has more than `compact_bytes` and is more than twice as
long as header and snapshot were after the last time. So all rewriting together costs at most as much as
the writing did, and a resume replays at most `compact_bytes` or as much again as is needed for the state.
Measured: `benchmarks/bench_log.py`.

# Repair

A damaged log is refused by everyone but `bulk-importer verify --repair` (see `checkpoint.proof.repair`), which writes
it anew as header and snapshot of what is provable, and keeps the damaged one as `log.damaged`.

# Modules

- `frames` takes the file apart, `records` are its values, `transitions` says when a record may follow and what it
  changes in the `state`, `snapshot` makes one record of a state, `replay` does all of that for a whole log; all pure.
- `file` reads, appends and compacts; `commit` lets many who wait share one write.
- `tail` follows the log of another process; `throughput` tells from the records how fast entries are settled.
"""

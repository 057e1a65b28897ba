"""Sources in the formats of other tools: converted once, into entries that are then a source like any other.

    what the user named --(members)--> a reader of `formats` --> entries, one a line, in a file --> an import as ever

The file lies in the checkpoint folder (`converted.jsonl`), beside what it was made of (`conversion.json`): the format,
the choices, the class map, the label configuration, the identity of the source, and the account. It is written under
another name and renamed when it is whole; a run that is killed before that begins the conversion again, one that is
killed later goes on with it, by seeking. Where somebody has touched the source meanwhile, it is converted once more: a
copy of it comes out the same, and what does not is refused. Positions, resume, `verify` and rejections so mean what
they always mean. When the import is complete and nothing is rejected, the file is deleted; what was left behind stays
in `conversion.json`, and in the log.

The price is the room on the disk. What it buys: reading is bounded whatever the order of a format, every format is
resumable, and the entries are judged, packed and counted by the same code as any others.

- `choosing` finds the format of a source, and opens its files; what is no local file is copied first.
- `sizes` knows how large a picture is, from its header; `asking` asks it, from whatever process.
- `crew` has the shares of large sources converted by child processes.
- `recipe` is what a conversion was made of; `spill` makes the file, or finds it.
"""

"""The media of a project: which can be imported, whose work an import would touch, and which media a name means.

- `index` is a small file that worker processes map: what is known of each media. `build_index` makes it when a
  checkpoint is begun. `names` has another such file: which media a file name means.
- What they are made of: `row_spool` holds what the server lists, `lists` reads what people give instead (`tables` and
  `booleans` as spreadsheets write it), `task_runs` is either as columns.
- `images` finds the images themselves where a person has them: files of a folder, or addresses.
- `rules` says what an entry may do to its media, and `labelled` counts those whose labels would be deleted.

What makes the two files alone asks the server. Nothing here reads an entry.
"""

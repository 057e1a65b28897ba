"""The media of a project: which can be imported, whose work an import would touch, and which media a name means.

- `index` and `name_index` are small files that worker processes map: what is known of each media, and which media a
  file name means. `build_index` and `build_name_index` make them when a checkpoint is begun. `near_names` says which
  names are like one that no media has.
- What they are made of: `row_spool` holds what the server lists, `lists` reads what people give instead (`tables` and
  `booleans` as spreadsheets write it), `task_runs` is either as columns.
- `rules` says what an entry may do to its media, and `labelled` counts those whose labels would be deleted.

The two builders alone ask the server. Nothing here reads an entry.
"""

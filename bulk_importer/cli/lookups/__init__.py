"""Commands that ask the server what is there: `projects`, `datasets`, `media`, `label-config`, `doctor`.

Each is a module: settings in, rows out. They change nothing, but for `label-config --create-classes`, which
`config_comparison` sees to. `shared` has their flags and a catalog of the server, `rows` shows rows as a table, as JSON
or as CSV. The routes and what they answer are known to `datagym.reads`.
"""

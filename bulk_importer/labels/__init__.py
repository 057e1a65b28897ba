"""The language of an import: what an entry is, what a label configuration allows, and what can be wrong with either.

- `entry` is the shape of a media entry, `label_config` the classes of a project with their values.
- `meaning` says what the server would make of an entry that its schema accepts (`shapes` for geometries, `values` for
  classifications), `bounds` whether coordinates lie inside the image.
- `holding` is what a media holds, as a value that entries change as the server would.
- `comparison` says what one configuration lacks of another, and adds that.
- `flaws` is what is wrong in an entry before it is tied to a position; `findings` knows every kind of it by its code,
  from the tables in `catalogue`, and what a code counts as in a run; `pointers` says where in an entry it is.

Nothing here reads a file or speaks to a server. Facts about the server were measured on a running one; they are written
down in `tests/vectors/PROTOCOL.md`: "protocol 2.6" is a section of it.
"""

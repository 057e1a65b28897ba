"""Other tools' label files: read into pictures with shapes and tags, and written as entries of an import.

    members of a source --(a reader)--> pictures in a neutral model --(the writer)--> entries, and what is left behind

- `model` is the neutral form: a `Picture` with `Annotation`s (a label, a shape, attributes) and `Tag`s. Coordinates
  are pixels from the top left corner of the picture, and the first pixel reaches from 0 to 1.
- `members` says what a reader is given: the files of a folder or an archive, or a single file, by name.
- A reader knows one format and nothing else: a generator of `Picture`s and of what it leaves behind (`Left`), in the
  order of the source, with memory for one picture where the format allows it. `documents` are formats in which one file
  holds many pictures, `folders` those with files for each. They share `json_rows`, `xml_rows`, `values` (what is taken
  out of JSON), `numbers` (decimals without loss), the masks of `shapes`, and `repeats`, which says what is there twice.
- Formats whose sources are large are read in shares (`sharing`): a plan is made once, and each share is read for
  itself, in any process.
- `table` has a row for each format: how it is recognised, read, and what becomes of what it holds. Adding a format is
  adding a module and a row. `choices` are what a person decides, or is asked for where the source does not say.
- `shapes` makes geometries of shapes, `writing` entries of pictures, by a class map and the label configuration, and
  keeps the account. `converting` runs all of it; `proposing` writes a class map to begin with.

Pure, but for the members that a caller opens. Nothing here knows sources, workers, the pipeline or a server.
"""

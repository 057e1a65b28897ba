"""Judges elements: which are entries that may be sent, and what is wrong with the others.

- `rules` says by what entries are judged. `judge` takes the elements of a segment one after the other, and
  `segment_builder` holds what comes of them, as columns.
- `forms` accepts what is ordinary, in one decoding. The exact look at the rest: `strict_json` at the text (`near_json`
  says how it fails to be JSON), `schema` at the import schema (of what is long, at a part: `long_lists`),
  `labels.meaning` at the label configuration; `flaw_collector` keeps what they find.
- `naming` puts the ids of media into entries that give file names; `geometries` counts what an import would write.

Elements are known by their index in the segment. Where that stands in the source nobody here knows, nor what the server
will answer.
"""

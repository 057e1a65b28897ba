"""Everything that can be wrong with an entry, as tables: code, severity, what it means, what to do.

A table for each thing that an entry is checked against: `text` (the JSON text and the import schema), `geometries` and
`classes` (the label configuration), `media` (the media of the project), `sending` (the server's answer, and the other
entries of the input); `converting`, what is found in the label files of other tools; and `backups`, what of the labels
on the server no entry can say. `words` are what they share. `findings` puts them together; nothing here looks at an
entry.
"""

"""Labelbox's NDJSON, of which there are two of one name: what it exports (v2), and what it takes for an import.

An export has a line for each data row, with the labels of all projects; an import a line for each object or answer,
with the data row that it belongs to. Either may also be one array. `reading` tells the two apart, `rows` cuts a file
into its lines, and `objects` makes annotations and answers, whose keys differ a little between the two.
"""

from bulk_importer.formats.documents.labelbox.reading import read, recognises

__all__ = ["read", "recognises"]

"""Datumaro's JSON: a file for each subset, as Datumaro and CVAT export it, alone or in a folder or archive.

A file has `categories`, and `items` of which each is a picture by its id, which is its name without the ending;
`image.path` may be null, or the name under which the tool has put a copy. Sizes are height first. `reading` goes over
the items, `objects` makes annotations of what they hold.
"""

from bulk_importer.formats.folders.datumaro.reading import read, recognises

__all__ = ["read", "recognises"]

"""V7's Darwin JSON 2.0: a file for each item, alone or in a folder or archive.

An item is a picture by its name and the folder `path` in its dataset; where it has several slots, each of them is one.
`reading` goes over the files and slots, `objects` makes annotations of what they hold.
"""

from bulk_importer.formats.folders.darwin.reading import read, recognises

__all__ = ["read", "recognises"]

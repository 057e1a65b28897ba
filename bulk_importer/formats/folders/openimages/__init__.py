"""OpenImages: tables in CSV, of boxes, of labels of whole pictures, and of what its class ids are called.

    rows of all tables --(sorting)--> rows by picture --(objects)--> pictures

`tables` says what a file holds and reads its rows, `sorting` brings those of all tables together, in a scratch file
where they are many, `objects` makes annotations and tags of them, and `reading` goes over it all.
"""

from bulk_importer.formats.folders.openimages.reading import read, recognises

__all__ = ["read", "recognises"]

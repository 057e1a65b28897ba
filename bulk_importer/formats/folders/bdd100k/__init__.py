"""BDD100K: the JSON of its toolkit, of Scalabel and of FiftyOne, and the older one with a file for each picture.

`reading` goes over the files and their frames, `labels` makes annotations of what a frame holds, `curves` outlines of
corners of which some only bend the line.
"""

from bulk_importer.formats.folders.bdd100k.reading import read, recognises

__all__ = ["read", "recognises"]

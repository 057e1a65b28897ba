"""VIA 2, the VGG Image Annotator: its project, its annotations as JSON, and as CSV.

A region has attributes and no class, so that somebody says which attribute is the class where there are several.
`reading` goes over the pictures, `files` gets them out of each of the three, and `regions` makes annotations.
"""

from bulk_importer.formats.documents.via.reading import read, recognises

__all__ = ["read", "recognises"]

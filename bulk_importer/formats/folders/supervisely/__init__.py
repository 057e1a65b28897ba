"""Supervisely: a project with `meta.json`, and a JSON file for each picture in `ann` of each dataset.

`reading` goes over the files, `objects` makes annotations of what they hold.
"""

from bulk_importer.formats.folders.supervisely.reading import read, recognises

__all__ = ["read", "recognises"]

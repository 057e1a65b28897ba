"""YOLO: a text file for each picture, a row for each object, all coordinates as shares of the picture.

`reading` goes over the files; `layout` says which text file belongs to which picture, `classes` what its numbers mean,
`rows` what a row holds (`drawing` is its fast way), and `yaml_subset` reads what tools write into `data.yaml`.
"""

from bulk_importer.formats.folders.yolo.reading import plans, read, recognises

__all__ = ["plans", "read", "recognises"]

"""Findings about the keys and the geometries of an entry: what the server drops, changes or refuses of them.

Pure.
"""

from __future__ import annotations

from bulk_importer.labels.catalogue.words import ERROR, NOTE, REFUSES, WARNING
from bulk_importer.labels.flaws import FindingKind, Ring

__all__ = ["KINDS"]

KINDS = (
    FindingKind(
        "key-near-known",
        ERROR,
        Ring.MEANING,
        "The entry has an unknown key that looks like a known one. The server ignores it, and what it holds is lost.",
        "Correct the key.",
    ),
    FindingKind(
        "key-unknown",
        WARNING,
        Ring.MEANING,
        "The entry has a key that the server does not read.",
        "Remove it, or allow it if it is your own note.",
    ),
    FindingKind(
        "exported-entry",
        NOTE,
        Ring.MEANING,
        "The entry is from an export of DataGym itself. It names its media by the id in the project that it came from, "
        "and has no keepData, so that it appends. An export also holds what no import takes: coordinates that are "
        "null, segmentations, and one object for each child of a classification.",
        "Leave out --from entries: then the export is converted as it is read, its media are found by their names, and "
        "what no import takes is told. For the project that it came from, say --no-keep-data besides, or all is there "
        "twice.",
    ),
    FindingKind(
        "nested-geometries-type",
        ERROR,
        Ring.MEANING,
        "nested_geometries is not an object of classes. The server ignores it, and what it holds is lost.",
        'Write {"class": [geometry, ...]}, or leave the key out.',
    ),
    FindingKind(
        "nested-geometries-empty",
        NOTE,
        Ring.MEANING,
        "nested_geometries is null or an empty list; the server takes it for none.",
        "Leave the key out.",
    ),
    FindingKind(
        "nested-below-nested",
        ERROR,
        Ring.MEANING,
        "A nested geometry holds nested geometries of its own. The server reads one level and silently "
        "drops the others.",
        "Move them up to the geometry at the root.",
    ),
    FindingKind(
        "nested-key-unknown",
        ERROR,
        Ring.MEANING,
        "A nested geometry has a key that the server does not read; what it holds is silently lost.",
        "Correct the key, or remove it.",
    ),
    FindingKind(
        "image-segmentation",
        ERROR,
        Ring.MEANING,
        "Segmentations cannot be imported: the server creates an empty, invalid one in their place.",
        "Leave them out; the server has no way to take them.",
    ),
    FindingKind(
        "geometry-missing",
        ERROR,
        Ring.MEANING,
        "A geometry has no coordinates. The server creates an empty, invalid geometry.",
        "Add polygon, line, point or rectangle, or remove the geometry.",
    ),
    FindingKind(
        "geometry-several",
        ERROR,
        Ring.MEANING,
        "A geometry has more than one key of coordinates. The server joins their points, or keeps the last rectangle.",
        "Make one geometry of each.",
    ),
    FindingKind(
        "geometry-deprecated",
        NOTE,
        Ring.MEANING,
        "The key geometry is deprecated; the server still reads it as the class says.",
        "Write polygon, line, point or rectangle.",
    ),
    FindingKind(
        "geometry-incomplete",
        ERROR,
        Ring.MEANING,
        "The class needs more coordinates than are given. The server stores an incomplete, invalid geometry.",
        "Give the geometry that the class is of.",
    ),
    FindingKind(
        "geometry-refused",
        ERROR,
        Ring.MEANING,
        f"The class cannot hold a geometry of this form. {REFUSES}",
        "Give the geometry that the class is of.",
    ),
    FindingKind(
        "geometry-dropped",
        ERROR,
        Ring.MEANING,
        "More points or rectangles are given than the class holds. The server keeps the last and drops the others.",
        "Make one geometry of each.",
    ),
    FindingKind(
        "geometry-other",
        WARNING,
        Ring.MEANING,
        "A line stands under a polygon class, or a polygon under a line class. The server stores it as the class is.",
        "Check that the class is meant.",
    ),
    FindingKind(
        "geometry-no-size",
        WARNING,
        Ring.MEANING,
        "A rectangle has no width or no height. The server stores it as it is.",
        "Check the coordinates.",
    ),
    FindingKind(
        "geometry-no-area",
        WARNING,
        Ring.MEANING,
        "The points of a polygon lie on one line, or those of a line are all one: there is no area, or no length. The "
        "server stores it as it is.",
        "Check the coordinates.",
    ),
    FindingKind(
        "geometry-outside",
        WARNING,
        Ring.MEANING,
        "A coordinate lies outside the image. The server stores it as it is. It is seen where a --media-list says how "
        "large the image is, in columns width and height; the server's lists do not.",
        "Check the coordinates, and that the media is the one that is meant.",
    ),
    FindingKind(
        "rectangle-key",
        ERROR,
        Ring.MEANING,
        f"A rectangle has a key other than x, y, w and h. {REFUSES}",
        "Remove the key.",
    ),
    FindingKind(
        "number-too-large",
        ERROR,
        Ring.MEANING,
        "A whole number or a text of digits is larger than a double can be; the server cannot store it.",
        "Write the coordinate that is meant.",
    ),
)

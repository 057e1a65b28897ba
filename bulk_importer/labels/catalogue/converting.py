"""Findings about the label files of other tools: what of them finds no place in an import, and what was decided.

Pure. An error leaves an object behind, a warning something that hangs on one; a note says what was decided or chosen.
"""

from __future__ import annotations

from bulk_importer.labels.catalogue.words import ERROR, NOTE, WARNING
from bulk_importer.labels.flaws import FindingKind, Ring
from bulk_importer.model import Severity

__all__ = ["KINDS"]


def _kind(code: str, severity: Severity, meaning: str, advice: str) -> FindingKind:
    return FindingKind(code, severity, Ring.FORMAT, meaning, advice, firm=severity is ERROR)


_MAP = "Name it in a class map ('bulk-importer help class-map'), or add it to the label configuration."
_FILE = "Look at the place in the file; correct it in the tool that wrote it, and export again."
_CHOSEN = "No action needed; it is counted because it was in the source."

KINDS = (
    _kind(
        "member-unread",
        ERROR,
        "A file of the source is not what its format has there, so that nothing of it was carried.",
        _FILE,
    ),
    _kind("member-passed-over", NOTE, "A file of the source is none that the format reads.", _CHOSEN),
    _kind(
        "picture-unknown",
        ERROR,
        "An annotation belongs to a picture that the source does not list.",
        "Export the picture together with its annotations, or leave the annotation out.",
    ),
    _kind(
        "picture-twice",
        WARNING,
        "The source lists a picture more than once. Each time becomes an entry of its own, in the order of the source.",
        "Look whether the annotations of both are wanted; keep one of them otherwise.",
    ),
    _kind(
        "annotation-id-twice",
        NOTE,
        "Several annotations of the source have the same id. Ids mean nothing in an import, so each is carried; "
        "what a finding calls by such an id may be any of them.",
        "Look whether the same annotation is there twice, as where files were joined; otherwise no action is needed.",
    ),
    _kind(
        "annotation-older",
        NOTE,
        "A picture has several annotations in the source, and this is not the newest one.",
        "To carry all of them, say --annotations all.",
    ),
    _kind(
        "annotation-several",
        ERROR,
        "A picture has several annotations in the source, and --annotations refuse takes none of them.",
        "Say --annotations newest or --annotations all.",
    ),
    _kind(
        "annotation-broken",
        ERROR,
        "An annotation lacks something that its format always has, or has something else in its place.",
        _FILE,
    ),
    _kind(
        "shape-unknown",
        ERROR,
        "The shape is of a kind that cannot be imported, or that nobody knows.",
        "Draw it as a kind that 'bulk-importer formats' lists.",
    ),
    _kind(
        "shape-broken", ERROR, "The shape has too few points, or not the numbers that it should have.", _FILE
    ),
    _kind(
        "shape-no-size",
        ERROR,
        "The shape has no width, no height or no pixel, so that there is nothing to label.",
        _FILE,
    ),
    _kind(
        "shape-outside",
        ERROR,
        "The shape reaches beyond its picture, by more than a pixel. The server stores such coordinates as they are, "
        "and refuses negative ones.",
        "Say --clip to cut shapes at the edge of the picture, or correct it in the tool that wrote it.",
    ),
    _kind(
        "shape-clipped",
        NOTE,
        "The shape reached beyond its picture, and was cut at the edge: by a pixel or less, as tools compute with "
        "decimals that end, or by more, as --clip asks.",
        _CHOSEN,
    ),
    _kind(
        "shape-hole",
        ERROR,
        "The shape has a hole, which a polygon of the project cannot express.",
        "Say --holes cut (one outline that runs to the hole and back; its pixels are right), --holes fill (without the "
        "hole), or --holes skip (leave such shapes out).",
    ),
    _kind("shape-skipped", NOTE, "The shape has a hole, and --holes skip leaves it out.", _CHOSEN),
    _kind(
        "shape-misfit",
        ERROR,
        "The class of the project is of another type than the shape, which it cannot hold.",
        "Map its name to a class of that type, or change the label configuration.",
    ),
    _kind(
        "shape-doubtful",
        WARNING,
        "Two things that the source says of one shape do not agree, such as its box and its outline. It is carried by "
        "its outline.",
        "Look at the shape in the tool that wrote it.",
    ),
    _kind(
        "mask-broken",
        ERROR,
        "The run lengths of a mask are not as many as its picture has pixels, or are no run lengths.",
        _FILE,
    ),
    _kind(
        "size-missing",
        ERROR,
        "The format says where shapes are as shares of their picture, and the size of this one is not known.",
        "Name the folder of the pictures with --images, or a list of the media that has name, width and height with "
        "--media-list.",
    ),
    _kind(
        "origin-chosen",
        NOTE,
        "The files do not say whether they count pixels from 0 or from 1. Tools of today count from 0; the original "
        "Pascal VOC, and supervision, from 1, with the last pixel inside.",
        "Where boxes are a pixel off, say --voc-origin 0 or --voc-origin 1, as the tool counts that wrote them.",
    ),
    _kind(
        "ends-chosen",
        NOTE,
        "The files do not say whether the right and bottom number of a box are where it ends, as Scalabel's page, "
        "BDD100K and FiftyOne have it, or its last pixel, as Scalabel's Python package writes it.",
        "Where boxes are a pixel short, say --box-ends pixel.",
    ),
    _kind("class-unmapped", ERROR, "The project has no class of this name.", _MAP),
    _kind("class-left-out", NOTE, "The class map leaves out what has this name.", _CHOSEN),
    _kind("keypoint-unmapped", ERROR, "The project has no class of points of this name.", _MAP),
    _kind(
        "attribute-unmapped", WARNING, "The project has no classification of this name at that place.", _MAP
    ),
    _kind("attribute-left-out", NOTE, "The class map leaves out what has this name.", _CHOSEN),
    _kind("option-unmapped", WARNING, "The classification has no option of this name.", _MAP),
    _kind("option-left-out", NOTE, "The class map leaves out this value.", _CHOSEN),
    _kind(
        "tag-unmapped",
        WARNING,
        "The project has no classification, or none alone, to which a label of whole pictures can go.",
        'Name it in a class map, as in sunny = "weather=sunny" below [tags].',
    ),
    _kind(
        "answers-several",
        WARNING,
        "There is more than one answer where the import format has room for one.",
        "Keep one of them, or make the classification a checklist.",
    ),
    _kind(
        "remark-left-out",
        NOTE,
        "The source holds something that is no label, such as a comment, a group or a track, and an import has no "
        "place for it.",
        _CHOSEN,
    ),
)

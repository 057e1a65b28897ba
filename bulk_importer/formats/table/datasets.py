"""Formats of large public datasets, with the programs that write them, too. Pure."""

from __future__ import annotations

from bulk_importer.formats.table.row import Format

__all__ = ["ROWS"]

ROWS = (
    Format(
        "openimages",
        "OpenImages' CSV: boxes, and labels of whole pictures; a folder with its tables, or one of them",
        "Datumaro 1.13.12, CVAT (datumaro 8970bb7), the tables of V6 and V7 by their columns",
        "folders.openimages",
        carried=("boxes", "flags that are set (IsOccluded, IsGroupOf, ...)", "a confidence that is not 1"),
        changed=(
            "shares of the picture: pixels, by the size of the picture (--images), or images.meta",
            "class ids: their names, where class-descriptions*.csv is beside; NAME (ID) where several share one",
            "labels of pictures: classifications, as a class map says",
            "rows of several tables about one picture: one entry",
        ),
        left=(
            "labels that somebody looked for and did not find (Confidence 0)",
            "how sure a model was of the label of a picture",
            "masks, relationships, points, stories",
            "boxes of pictures whose size nobody knows",
        ),
    ),
    Format(
        "kitti",
        "KITTI (boxes in pictures)",
        "labelformat 0.1.17, FiftyOne 1.22.1, Datumaro 1.13.12, CVAT (datumaro 8970bb7)",
        "folders.kitti",
        carried=(
            "boxes, also of classes of several words",
            "DontCare, as a class of its own, which a class map may leave out",
            "truncated and occluded where they are above 0, a score that is not 1",
            "pictures without objects",
        ),
        left=("place and size in space", "rows of a video, which have a frame and a track in front", "masks"),
    ),
    Format(
        "bdd100k",
        "BDD100K and Scalabel: frames in JSON, also with a file for each picture",
        "FiftyOne 1.22.1, scalabel 0.3.1, scalabel at 071d073 and bdd100k at 01c36d4 (by their code)",
        "folders.bdd100k",
        carried=(
            "boxes, closed and open lines; of a label with a box and an outline, the outline",
            "nodes of graphs, as keypoints",
            "attributes of labels and frames; a score that is not 1",
        ),
        changed=(
            "the right and bottom number of a box, by --box-ends",
            "curves: straight pieces, 24 for each",
            "run lengths: polygons along the edges of their pixels",
            "several open lines of one label: a line each",
            "names: with the video in front",
        ),
        left=("box3d", "intrinsics and extrinsics of cameras"),
    ),
    Format(
        "cityscapes",
        "Cityscapes: gtFine or gtCoarse, *_polygons.json",
        "cityscapesscripts 2.3.0",
        "folders.cityscapes",
        carried=(
            "polygons, whole where another object hides them",
            "groups (cargroup), as classes of their own, which a class map may join to another",
        ),
        changed=("names: those of the pictures, which end with _leftImg8bit",),
        left=(
            "objects that are deleted",
            "who drew an object, and when",
            "boxes of people, and of vehicles in space (gtBbox...)",
        ),
    ),
)

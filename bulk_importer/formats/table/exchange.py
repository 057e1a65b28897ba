"""Formats in which programs hand labels to each other, and DataGym's own export. Pure."""

from __future__ import annotations

from bulk_importer.formats.table.row import Format

__all__ = ["ROWS"]

ROWS = (
    Format(
        "coco",
        "COCO (instances, keypoints, LVIS)",
        "pycocotools 2.0.11, LVIS 0.5.3, CVAT, Datumaro 1.13.12, Label Studio SDK 2.0.20, labelformat 0.1.17, "
        "supervision 0.31.2",
        "documents.coco",
        carried=(
            "boxes",
            "polygons of one part or several",
            "keypoints that are not absent",
            "iscrowd, attributes of CVAT, and keys beside the format as attributes",
        ),
        changed=(
            "run lengths in both forms: polygons along the edges of their pixels",
            "boxes that CVAT has turned: polygons of 4 corners",
            "a part inside another one, where the area says so: a hole",
            "names that occur under several supercategories: SUPERCATEGORY/NAME",
        ),
        left=(
            "annotations of no picture or no category",
            "run lengths that are not as many as the pixels",
            "whether a keypoint is hidden; what LVIS says is not in a picture",
            "captions and panoptic segments, which are no shapes",
        ),
        prefer=(
            "Label Studio's JSON, as its COCO has lost that a box is turned",
            "CVAT for images, as CVAT's COCO has lost lines and points",
            "Datumaro's own format, as its COCO has lost turned boxes and lines",
        ),
    ),
    Format(
        "datagym-export",
        "DataGym's export",
        "DataGym 0.29",
        "documents.datagym_export",
        carried=(
            "rectangles, polygons, lines, points",
            "nested geometries",
            "classifications with their children",
        ),
        changed=("a second child of a classification of the media: a further entry",),
        left=(
            "segmentations (bitmaps)",
            "geometries whose numbers the export has lost",
            "a second child of a classification of a geometry",
        ),
    ),
    Format(
        "yolo",
        "YOLO, in the layouts of Ultralytics and Darknet",
        "CVAT (datumaro 8970bb7), Datumaro 1.13.12, Label Studio SDK 2.1.2, supervision 0.31.2, SAHI 0.12.8",
        "folders.yolo",
        carried=("boxes", "outlines", "keypoints that are not absent", "pictures without objects"),
        changed=(
            "oriented boxes: polygons of their 4 corners",
            "shares of the picture: pixels, by the size of the picture",
            "how sure a model was: nothing, where --confidence says which number it is",
            "an open line of two points, which FiftyOne writes as five numbers: the box that they mean elsewhere",
        ),
        left=("objects of pictures whose size nobody knows",),
        prefer=(
            "Label Studio's JSON, and CVAT for images: they have attributes and every kind of shape, and need no sizes",
        ),
    ),
)

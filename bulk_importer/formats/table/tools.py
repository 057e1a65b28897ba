"""Formats of programs in which people label, and Pascal VOC, which most of them write. Pure."""

from __future__ import annotations

from bulk_importer.formats.table.row import Format

__all__ = ["ROWS"]

ROWS = (
    Format(
        "label-studio",
        "Label Studio's JSON and JSON_MIN",
        "Label Studio SDK 2.1.2",
        "documents.label_studio",
        carried=(
            "boxes, polygons, open lines, key points",
            "answers about a region, and about the picture (choices, texts, numbers, ratings)",
            "regions below others, nested where the label configuration has it so",
        ),
        changed=(
            "turned boxes and ellipses: polygons",
            "brushes: polygons along the edges of their pixels",
            "a region with several labels: one shape for each",
            "nested choices: answers to a question of the name of the choice above",
            "several annotations of a task: the newest, or as --annotations says",
            "in JSON_MIN, an answer about one region that is alone in its task: an answer about the picture",
        ),
        left=(
            "shapes drawn on a picture that was turned",
            "vectors, bitmasks, video and sound",
            "relations, remarks about regions, predictions, drafts",
            "skipped annotations",
        ),
        prefer=("of the two the JSON, as JSON_MIN has lost what belongs to which region",),
    ),
    Format(
        "cvat",
        "CVAT for images 1.1: annotations.xml, or the zip",
        "CVAT at a01a8a8 (by its code)",
        "documents.cvat_images",
        carried=(
            "boxes, polygons, polylines, points",
            "joints of skeletons that are not outside",
            "attributes, and that an object is occluded",
            "tags with their attributes",
        ),
        changed=(
            "turned boxes and ellipses: polygons",
            "masks: polygons along the edges of their pixels",
            "points of one object: a point each",
        ),
        left=("cuboids", "tracks of a video", "groups, the order of drawing", "attributes of skeletons"),
    ),
    Format(
        "voc",
        "Pascal VOC",
        "CVAT (datumaro 8970bb7), Datumaro 1.13.12, Label Studio SDK 2.1.2, supervision 0.31.2, FiftyOne 1.22.1",
        "folders.voc",
        carried=(
            "boxes, and the outlines of supervision and Roboflow",
            "what is said of objects: truncated, difficult, occluded, pose, actions, attributes of CVAT and FiftyOne",
            "parts, nested where the label configuration has it so",
            "classes of pictures in ImageSets/Main that none of their objects has",
        ),
        changed=("the number of the first pixel, by --voc-origin", "boxes that CVAT has turned: polygons"),
        left=("masks in SegmentationClass and SegmentationObject",),
        prefer=("Label Studio's JSON, and CVAT for images, as their VOC has only boxes",),
    ),
    Format(
        "labelme",
        "LabelMe's JSON",
        "LabelMe 6.3.1",
        "folders.labelme",
        carried=("rectangles, polygons, lines, points", "flags that are set, descriptions"),
        changed=(
            "oriented rectangles, circles: polygons",
            "masks: polygons along the edges of their pixels",
            "points of one shape: a point each",
        ),
        left=("groups", "types of shapes that it does not have", "the XML of an older tool of this name"),
    ),
    Format(
        "datumaro",
        "Datumaro's JSON, also as CVAT exports it",
        "Datumaro 1.13.12, CVAT (datumaro 8970bb7)",
        "folders.datumaro",
        carried=(
            "boxes, polygons, polylines, points",
            "points of classes that have names for them, and joints of skeletons, as keypoints, unless absent",
            "attributes of objects and items, labels of items, captions",
        ),
        changed=(
            "boxes with a rotation, as CVAT turns them, and ellipses: polygons",
            "masks: polygons along the edges of their pixels",
            "points of one object that have no names: a point each",
            "ids of items: names of pictures, without their ending where the file does not have it",
        ),
        left=(
            "cuboids",
            "point clouds and videos",
            "groups, the order of drawing",
            "attributes of skeletons",
        ),
    ),
    Format(
        "labelbox",
        "Labelbox's NDJSON: its export v2, and what it takes for an import",
        "Labelbox SDK 7.17.0 (import), its examples at 5140584 (export)",
        "documents.labelbox",
        carried=(
            "boxes, polygons, lines, points",
            "answers about an object, and about the picture, with those that hang on them",
        ),
        changed=(
            "several labels of one data row in a project: the newest, or as --annotations says",
            "the last corner of a polygon, which repeats the first: left out",
            "masks that an import holds as PNG: polygons along the edges of their pixels",
            "names: the first of external_id, global_key and row_data that ends as a picture does",
        ),
        left=(
            "masks that are on Labelbox's server alone",
            "what is no image",
            "relationships, metadata, attachments, experiments; how sure a model was",
            "the export v1",
        ),
    ),
    Format(
        "darwin",
        "V7's Darwin JSON 2.0",
        "darwin-py 3.6.3 and the files of its tests",
        "folders.darwin",
        carried=(
            "boxes, polygons, lines, keypoints",
            "nodes of skeletons, as keypoints",
            "properties, attributes and text of objects; tags and properties of items",
        ),
        changed=(
            "several paths of a polygon: parts and holes, by the even-odd rule",
            "ellipses: polygons; in what unit they are turned, --ellipse-angle says",
            "masks of a raster layer: polygons along the edges of their pixels",
            "an item of several slots: a picture for each",
        ),
        left=(
            "cuboids, eyes, graphs, tables, strings",
            "videos and volumes",
            "instance ids, inference, directional vectors, measures",
        ),
    ),
    Format(
        "via",
        "VIA 2 (VGG Image Annotator): its project, and its annotations as JSON or CSV",
        "VIA 2.0.10",
        "documents.via",
        carried=(
            "rectangles, polygons, polylines, points",
            "attributes of regions, and of files; several answers of one",
        ),
        changed=(
            "the value of one attribute: the class (by --class-attribute, where there are several)",
            "circles and ellipses, turned by radians: polygons",
            "a region with several classes: one shape for each",
        ),
        left=("regions for which no class is said",),
    ),
    Format(
        "supervisely",
        "Supervisely's project",
        "supervisely 6.74.51",
        "folders.supervisely",
        carried=(
            "boxes, polygons, lines, points",
            "nodes of graphs that are not switched off, as keypoints",
            "tags and descriptions of objects and pictures",
        ),
        changed=(
            "whole pixels, as its library writes them: a box has its last pixel inside, a corner is the middle of one",
            "several polygons of one object: a polygon for each",
            "oriented boxes: polygons of their 4 corners",
            "bitmaps: polygons along the edges of their pixels",
            "names: with the dataset in front",
        ),
        left=("cuboids, alpha masks, volumes, point clouds", "instances", "tags of graphs"),
    ),
)

"""The formats: a row for each, with what is read of it, and what of that is carried, changed, or left behind.

Pure. The module of a row is imported when it is needed. It has two functions (see `FormatModule`): one that looks at
the names and first bytes of a source, and one that reads it; those of large files have a third one (see `sharing`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, cast

from bulk_importer.errors import UsageError
from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left, Picture
from bulk_importer.formats.sharing import Plan

__all__ = ["FORMATS", "Format", "FormatModule", "format_named", "recognised"]


class FormatModule(Protocol):
    """What the module of a format has."""

    def recognises(self, members: Members) -> bool:
        """Whether a source is of this format, by its names and first bytes alone.

        It is true for what no other format has, and false in doubt.
        """

    def read(self, members: Members, choices: Choices) -> Iterator[Picture | Left]:
        """The pictures of a source, in its order, and what cannot be carried.

        Raises:
            SourceUnreadable: it is not of this format, or broken where nothing behind can be told apart.
            ChoiceNeeded: it can be read in more than one way.
        """


@dataclass(frozen=True, slots=True)
class Format:
    """A row of the table.

    Attributes:
        name: as `--from` takes it.
        title: for people.
        written_by: tools whose files were looked at, with the version.
        module: below `bulk_importer.formats`.
        carried: what arrives as it is.
        changed: what arrives in another form, with the form.
        left: what is left behind, each time with a finding.
        prefer: what to export instead, where a tool that writes this has something that holds more.
    """

    name: str
    title: str
    written_by: str
    module: str
    carried: tuple[str, ...]
    changed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()

    @property
    def takes_folder(self) -> bool:
        """Whether a folder is one source of this format, and not a folder with sources."""
        return self.module.startswith("folders.")

    def load(self) -> FormatModule:
        """The functions of the format."""
        return cast("FormatModule", importlib.import_module(f"bulk_importer.formats.{self.module}"))

    def plans(self, members: Members, choices: Choices) -> Iterator[Plan | Left] | None:
        """How a source is read in shares; None where the format reads it as one. Raises as reading does."""
        plans: Callable[[Members, Choices], Iterator[Plan | Left]] | None = getattr(
            self.load(), "plans", None
        )
        return None if plans is None else plans(members, choices)


_ROWS: tuple[Format, ...] = (
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
            "relations, remarks about regions, predictions",
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
        "CVAT (datumaro 8970bb7), Datumaro 1.13.12, Label Studio SDK 2.1.2, supervision 0.31.2",
        "folders.voc",
        carried=(
            "boxes, and the outlines of supervision and Roboflow",
            "what is said of objects: truncated, difficult, occluded, pose, actions, the attributes of CVAT",
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
            "relationships, metadata, attachments, experiments",
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

FORMATS: Mapping[str, Format] = MappingProxyType({row.name: row for row in _ROWS})
"""Every format by its name."""


def format_named(name: str) -> Format:
    """The format of a name. Raises `UsageError` for an unknown one."""
    found = FORMATS.get(name)
    if found is None:
        raise UsageError(
            f"--from {name} is not known. 'bulk-importer formats' lists what is: {', '.join(FORMATS)}."
        )
    return found


def recognised(members: Members) -> Format | None:
    """The format of a source; None where it is none of them.

    Raises:
        ChoiceNeeded: more than one fits.
    """
    found: Sequence[Format] = [row for row in FORMATS.values() if row.load().recognises(members)]
    if len(found) > 1:
        names = " or ".join(f"--from {row.name}" for row in found)
        raise ChoiceNeeded(f"{members.name} can be read as more than one format. Say {names}.")
    return found[0] if found else None

"""COCO files as tools write them become what a person sees in that tool; see `vectors/formats/coco/ORIGIN.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices, Holes
from bulk_importer.formats.model import Size
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.places import TOP

FILES = TOP / "tests" / "vectors" / "formats" / "coco"
GOLDEN = sorted(path.relative_to(FILES).as_posix() for path in FILES.rglob("*/*.json"))
SIZE = {"width": 40, "height": 30}
CAR = {"id": 1, "name": "car"}


def golden(name: str, **choices: Any) -> Converted:
    """What becomes of a file that a tool wrote."""
    return converted(FILES / name, "coco", Choices(**choices))


def shapes(entry: dict[str, Any]) -> dict[str, list[Any]]:
    """The geometries of an entry by class: corners as pairs, boxes as four numbers."""
    return {key: [_plain(each) for each in found] for key, found in entry.get("labels", {}).items()}


def _plain(geometry: dict[str, Any]) -> Any:
    form = next(each for each in ("rectangle", "polygon", "point") if each in geometry)
    numbers = [tuple(each.values()) for each in geometry[form]]
    return numbers[0] if form in ("rectangle", "point") else numbers


@pytest.mark.parametrize("name", GOLDEN)
def test_a_file_is_recognised_and_its_account_closes(name: str) -> None:
    """By its content alone, and what is read is carried or left behind."""
    form = recognised(open_members(FILES / name))
    assert form is not None
    assert form.name == "coco"
    found = golden(name)
    rows = json.loads((FILES / name).read_text(encoding="utf-8"))
    read = sum(found.books.read.values())
    points = sum(count for label, count in found.books.read.items() if "." in label)
    assert read == sum(found.books.carried.values()) + sum(found.books.left_behind.values())
    assert read - points == len(rows["annotations"])
    assert [entry["external_media_ID"] for entry in found.entries] == [
        each.get("file_name", "val2017/000000397133.jpg") for each in rows["images"]
    ]


def test_the_official_form_arrives_as_it_is_drawn() -> None:
    """Non-contiguous ids, names beyond ASCII, numbers as they are written, an id twice, an empty picture."""
    found = golden("pycocotools/instances_train.json")
    street, empty, tokyo = found.entries
    assert shapes(street) == {
        "Fußgänger": [
            [(0.5, 0.25), (10.125, 0.25), (5, 9.75)],
            [(2, 2), (6, 2), (6, 6), (2, 6)],
            [(30, 20), (38, 20), (38, 28), (30, 28)],
        ],
        "person": [(10, 5, 10, 20)],
        "nose": [(15, 8)],
        "left_eye": [(14, 7)],
    }
    assert "labels" not in empty
    assert shapes(tokyo) == {
        "person": [[(3, 4), (13, 4), (13, 14), (3, 14)]],
        "animal/mouse": [[(1, 1), (5, 1), (5, 5), (1, 5)], [(20, 20), (30, 20), (30, 28)]],
        "electronic/mouse": [(30, 10, 2, 2)],
    }
    assert found.codes().count("shape-hole") == 2


def test_a_crowd_is_carried_and_says_that_it_is_one() -> None:
    """On each of its parts."""
    crowd = golden("pycocotools/instances_train.json").entries[0]["labels"]["Fußgänger"][1:]
    assert [each["classifications"] for each in crowd] == [{"iscrowd": ["true"]}] * 2


@pytest.mark.parametrize("name", ["supervision/polygons.json", "supervision/guessed.json"])
def test_a_hole_of_supervision_is_one_however_it_is_written(name: str) -> None:
    """As one more outline along the middle of the pixels, or as a mask; filled, there are two objects and no hole."""
    assert golden(name).codes() == ["shape-hole"]
    filled = shapes(golden(name, holes=Holes.FILL).entries[0])
    assert len(filled["ring"]) == 1
    assert len(filled["pair"]) == 2


def test_cvat_turns_a_box_about_its_centre_and_has_attributes() -> None:
    """The turned box is a polygon; attributes are classifications, numbers and booleans as texts."""
    street = golden("cvat/annotations/instances_default.json").entries[0]
    box, turned = street["labels"]["car"]
    assert box["classifications"] == {"occluded": ["true"], "colour": ["red"], "doors": ["4"]}
    assert turned["polygon"] == [
        {"x": 22, "y": 10},
        {"x": 22, "y": 20},
        {"x": 18, "y": 20},
        {"x": 18, "y": 10},
    ]
    assert "classifications" not in turned  # CVAT writes of each object that it is not occluded


def test_a_group_of_datumaro_says_that_its_box_lies_elsewhere() -> None:
    """It is carried by its outline."""
    found = golden("datumaro/annotations/instances_train.json")
    assert [each.origin for each in found.found if each.code == "shape-doubtful"] == [
        "image 1, annotation 12"
    ]
    assert shapes(found.entries[0])["mouse"][1] == [(20, 20), (30, 20), (30, 28)]


def test_a_keypoint_that_is_absent_is_none() -> None:
    """Of two, one is carried beside its box."""
    found = golden("datumaro/annotations/person_keypoints_train.json")
    assert shapes(found.entries[0]) == {"person": [(4, 4, 6, 6)], "nose": [(5, 5)]}
    assert found.books.carried == {"person": 1, "person.nose": 1}


def test_a_picture_that_label_studio_lists_twice_is_two_entries_and_a_warning() -> None:
    """One for each annotation of its task, in the order of the file."""
    found = golden("label_studio/result.json")
    assert [entry["external_media_ID"] for entry in found.entries[:2]] == ["/data/one.png"] * 2
    assert shapes(found.entries[1]) == {"car": [[(4, 3), (24.2, 3), (24.2, 9.989999999999998)]]}
    assert found.codes() == ["picture-twice"]


def test_annotations_without_ids_are_carried_with_what_stands_beside_the_format() -> None:
    """labelformat writes a score where an object has one."""
    boxes = golden("labelformat/boxes.json").entries[0]["labels"]
    assert boxes["car"][0]["classifications"] == {"score": ["0.5"]}
    assert "classifications" not in boxes["tree"][0]


def test_what_lvis_says_of_a_picture_is_counted() -> None:
    """Its name is the end of its address."""
    found = golden("lvis/lvis_v1_val.json")
    assert found.entries[0]["external_media_ID"] == "val2017/000000397133.jpg"
    assert [(each.code, each.label) for each in found.found] == [("remark-left-out", "neg_category_ids")]


def document(*annotations: Any, **more: Any) -> dict[str, Any]:
    """A file of one picture and one class."""
    return {
        "images": [{"id": 1, "file_name": "a.jpg", **SIZE}],
        "annotations": list(annotations),
        "categories": [CAR],
        **more,
    }


def of(folder: Path, content: Any) -> Converted:
    """What becomes of a file with this content, JSON or bytes."""
    path = folder / "file.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return converted(path, "coco")


def box(**more: Any) -> dict[str, Any]:
    """An annotation that is whole, but for what is said otherwise."""
    return {"id": 5, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], **more}


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([1, 2, 3, 4], None),
        ([4, 2, 3, 1], None),
        ([None, None, 7, 8], None),
        ([1, 2, 2, 1], "2 ids that several annotations have, such as 1"),
        (["a", "b", "a", "c"], "1 id that several annotations have"),
    ],
)
def test_ids_of_annotations_that_repeat_are_said_once_and_all_are_carried(
    tmp_path: Path, ids: list[Any], expected: str | None
) -> None:
    """It costs nothing else: ids mean nothing in an import."""
    found = of(tmp_path, document(*(box(id=each) for each in ids)))
    assert found.books.carried == {"car": 4}
    assert [each.found for each in found.found if each.code == "annotation-id-twice"] == (
        [] if expected is None else [expected]
    )
    assert found.books.is_complete


OUTLINE = [1, 1, 9, 1, 9, 9, 1, 9]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (box(image_id=2), "picture-unknown"),
        (box(image_id=None), "picture-unknown"),
        (box(image_id=[1]), "picture-unknown"),
        (box(category_id=2), "annotation-broken"),
        (box(category_id=None), "annotation-broken"),
        (box(bbox=[1, 2, 3]), "annotation-broken"),
        (box(bbox=[1, 2, "3", 4]), "annotation-broken"),
        (box(bbox=[1, 2, 0, 4]), "shape-no-size"),
        (box(bbox=[30, 2, 20, 4]), "shape-outside"),
        (box(segmentation=[[1, 1, 9, 1]]), "shape-broken"),
        (box(segmentation=[[1, 1, 9, 1, 9, 9, 1]]), "shape-broken"),
        (box(segmentation=[[1, 1, 9, 1, 9, None]]), "shape-broken"),
        (box(segmentation="polygon"), "shape-broken"),
        (box(segmentation={"size": [30, 40], "counts": [1199]}), "mask-broken"),
        (box(segmentation={"size": [30, 40], "counts": [-1, 1201]}), "mask-broken"),
        (box(segmentation={"size": [30, 40], "counts": "~~"}), "mask-broken"),
        (box(segmentation={"size": [30, 40]}), "mask-broken"),
        (box(segmentation={"size": [40, 30], "counts": [1200]}), "mask-broken"),
        (box(segmentation={"size": "small", "counts": [1200]}), "mask-broken"),
        (box(segmentation={"size": [30, 40], "counts": [1200]}), "shape-no-size"),
        (box(keypoints=[1, 2]), "annotation-broken"),
        ([], "picture-unknown"),
        (None, "annotation-broken"),
    ],
)
def test_an_annotation_that_is_not_whole_is_left_behind_alone(tmp_path: Path, row: Any, code: str) -> None:
    """With its code; the one behind it is carried, and the account closes."""
    found = of(tmp_path, document(row, box(id=6)))
    assert shapes(found.entries[0]) == {"car": [(1, 2, 3, 4)]}
    assert code in found.codes() or found.codes() == ["annotation-broken"]
    assert sum(found.books.left_behind.values()) == 1


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (box(segmentation=[OUTLINE], bbox=[1, 1, 8, 8]), None),
        (box(segmentation=OUTLINE, bbox=[1, 1, 8, 8]), None),
        (box(segmentation=[OUTLINE], bbox=[20, 20, 8, 8]), "shape-doubtful"),
        (box(segmentation=[OUTLINE], bbox="none"), "shape-doubtful"),
        (box(segmentation=[OUTLINE, [3, 3, 5, 3, 5, 5]], bbox=[1, 1, 8, 8]), "shape-doubtful"),
        (box(segmentation=[OUTLINE], bbox=[1, 1, 8, 8], note={"by": "me"}), "remark-left-out"),
    ],
)
def test_what_is_not_certain_is_carried_and_said(tmp_path: Path, row: Any, code: str | None) -> None:
    """By its outline."""
    found = of(tmp_path, document(row))
    assert shapes(found.entries[0])["car"][0] == [(1, 1), (9, 1), (9, 9), (1, 9)]
    assert found.codes() == ([code] if code else [])


def test_an_element_that_is_not_json_costs_itself(tmp_path: Path) -> None:
    """As `json.dump` writes NaN; its brackets tell where the next one begins."""
    text = json.dumps(document(box(area=float("nan")), box(id=6))).encode()
    found = of(tmp_path, text)
    assert [(each.code, each.origin) for each in found.found] == [
        ("annotation-broken", "annotation without id")
    ]
    assert "no JSON" in found.found[0].found
    assert shapes(found.entries[0]) == {"car": [(1, 2, 3, 4)]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it ends too early, at byte 0"),
        (b"[]", "an object with images and annotations is expected, at byte 0"),
        (b'{"images": []', "it ends too early"),
        (b'{"images": [], "annotations": [{"id": 1', "it ends inside an object or array"),
        (b'{"images": [], "annotations": [{"id": 1}', "it ends too early"),
        (b'{"images": [], "annotations": [{"id": 1} {"id": 2}]}', "a comma or the closing bracket"),
        (b'{"images": [], "annotations": [{"id": 1},]}', "a value is missing, at byte 41"),
        (b'{"images": [], "annotations": {}}', '"annotations" is no array'),
        (b'{"images": []}', 'it has no section "annotations"'),
        (b'{"annotations": []}', 'it has no section "images"'),
        (b'{"images": [], "annotations": [], "images": []}', 'the section "images" twice'),
        (b'{"images": [], "annotations": [], 5: 6}', "a key or the closing bracket"),
        (b'{"images": [], "annotations": [], "a" 6}', "a colon is missing"),
        (b'{"images": [], "annotations": [], "a', "it ends inside a text"),
    ],
)
def test_a_file_in_which_nothing_can_be_told_apart_is_unreadable(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    """With the file and the place."""
    with pytest.raises(SourceUnreadable) as error:
        of(tmp_path, content)
    assert reason in error.value.reason
    assert "file.json" in error.value.source


def test_sections_may_come_in_any_order_and_keys_with_dots_are_no_sections(tmp_path: Path) -> None:
    """What a section is called counts at the top alone; what else is there is said."""
    content = {
        "annotations.x": [1],
        "extra": {"images": [{"id": 1}], "annotations": [box()]},
        "annotations": [box()],
        "info": {"images": []},
        "categories": [CAR],
        "images": [{"id": 1, "file_name": "a.jpg", **SIZE}],
    }
    found = of(tmp_path, content)
    assert shapes(found.entries[0]) == {"car": [(1, 2, 3, 4)]}
    assert [(each.code, each.label) for each in found.found] == [
        ("remark-left-out", "annotations.x"),
        ("remark-left-out", "extra"),
    ]


def test_an_id_of_two_pictures_means_neither(tmp_path: Path) -> None:
    """Both become entries; what belongs to one of them is left behind, and its picture named."""
    images = [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]
    found = of(tmp_path, document(box(), images=images))
    assert [entry["external_media_ID"] for entry in found.entries] == ["a.jpg", "b.jpg"]
    assert found.codes() == ["picture-unknown"]
    assert "which several pictures have" in found.found[0].found


def test_an_id_of_two_categories_means_neither(tmp_path: Path) -> None:
    """What has it is left behind."""
    found = of(tmp_path, document(box(), categories=[CAR, {"id": 1, "name": "tree"}]))
    assert [(each.code, each.label) for each in found.found] == [("annotation-broken", "category 1")]


def test_an_image_without_a_name_is_left_behind_with_what_belongs_to_it(tmp_path: Path) -> None:
    """The others keep their places."""
    images = [{"id": 2}, {"id": 1, "file_name": "a.jpg"}]
    found = of(tmp_path, document(box(id=4, image_id=2), box(), images=images))
    assert [entry["external_media_ID"] for entry in found.entries] == ["a.jpg"]
    assert sorted(found.codes()) == ["annotation-broken", "picture-unknown"]


def test_a_mask_of_enormous_sides_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A run over a billion columns would cost the memory of each."""
    mask = {"size": [1, 2**40], "counts": [0, 2**40]}
    found = of(tmp_path, document(box(segmentation=mask), images=[{"id": 1, "file_name": "a.jpg"}]))
    assert found.codes() == ["mask-broken"]


def test_files_about_the_same_pictures_are_not_read_together(tmp_path: Path) -> None:
    """Instances and keypoints of one split hold the same people."""
    for kind in ("instances", "person_keypoints"):
        (tmp_path / f"{kind}_val2017.json").write_text(json.dumps(document(box())))
    with pytest.raises(ChoiceNeeded, match=r"instances_val2017\.json and person_keypoints_val2017\.json"):
        converted(tmp_path, "coco")


def test_the_splits_of_a_folder_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Origins say in which file they are."""
    for split in ("train", "val"):
        (tmp_path / f"instances_{split}.json").write_text(json.dumps(document(box(category_id=9))))
    found = converted(tmp_path, "coco")
    assert len(found.entries) == 2
    assert found.found[1].origin == "instances_val.json: image 1, annotation 5"


def test_a_size_that_the_file_does_not_have_is_that_of_the_picture(tmp_path: Path) -> None:
    """An outline is held against it as against one of the file, and a mask of another size is none of this picture."""
    path = tmp_path / "file.json"
    mask = {"size": [30, 40], "counts": [0, 30, 1170]}
    rows = [box(segmentation=[OUTLINE], bbox=[1, 1, 8, 8]), box(id=6, segmentation=mask, bbox=[0, 0, 1, 30])]
    path.write_text(json.dumps(document(*rows, images=[{"id": 1, "file_name": "a.jpg"}])))
    assert converted(path, "coco").codes() == []
    assert converted(path, "coco", Choices(sizes=lambda _: Size(40, 30))).codes() == []
    found = converted(path, "coco", Choices(sizes=lambda name: Size(5, 5) if name == "a.jpg" else None))
    assert found.codes() == ["mask-broken", "shape-outside"]


def written(
    place: Path, *annotations: str, image: str = '{"id": 1, "file_name": "a.png", "width": 40, "height": 30}'
) -> Path:
    """A file of one picture, as it stands."""
    path = place / "x.json"
    path.write_text(
        f'{{"images": [{image}], "categories": [{json.dumps(CAR)}], "annotations": [{", ".join(annotations)}]}}'
    )
    return path


@pytest.mark.parametrize(
    "says",
    [
        *('"bbox": [N, 2, 3, 4]', '"bbox": [1, 2, N, 4]', '"keypoints": [N, 2, 2]'),
        *(
            '"bbox": [1, 2, 3, 4], "segmentation": [[N, 1, 2, 3, 4, 5]]',
            '"segmentation": {"size": [N, 1], "counts": [1]}',
        ),
    ],
)
def test_a_number_that_no_picture_has_costs_its_annotation(tmp_path: Path, says: str) -> None:
    """Also one that is beyond any double."""
    row = '{"id": ID, "image_id": 1, "category_id": 1, SAYS}'
    whole = row.replace("ID", "1", 1).replace("SAYS", '"bbox": [1, 2, 3, 4]')
    broken = row.replace("ID", "2", 1).replace("SAYS", says.replace("N", "1" + "0" * 400))
    found = converted(written(tmp_path, whole, broken), "coco")
    assert found.books.carried == {"car": 1}
    assert found.books.left_behind == {"car": 1}


def test_a_size_and_an_area_that_no_picture_has_say_nothing(tmp_path: Path) -> None:
    """The annotation is carried; that the area does not tell what the inner part is, is said."""
    image = '{"id": 1, "file_name": "a.png", "width": 1%s, "height": 30}' % ("0" * 400)
    parts = '"segmentation": [[0, 0, 10, 0, 10, 10, 0, 10], [2, 2, 4, 2, 4, 4]], "area": 1%s' % ("0" * 400)
    row = f'{{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 10, 10], {parts}}}'
    found = converted(written(tmp_path, row, image=image), "coco")
    assert found.codes() == ["shape-doubtful"]
    assert found.books.carried == {"car": 1}


def test_ids_may_be_written_as_numbers_with_a_point(tmp_path: Path) -> None:
    """As tables with an empty cell write a whole column of them; half a number is no id."""
    row = '{{"id": {0}, "image_id": {0}, "category_id": {0}, "bbox": [1, 2, 3, 4]}}'
    found = converted(written(tmp_path, row.format("1.0"), row.format("1.5")), "coco")
    assert found.books.carried == {"car": 1}
    assert found.codes() == ["picture-unknown"]

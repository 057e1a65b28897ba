"""The YAML that tools write, and what is none of it."""

from __future__ import annotations

import pytest

from bulk_importer.formats.folders.yolo.yaml_subset import Value, sections, value_of

ULTRALYTICS = """# Ultralytics, AGPL-3.0
path: ../datasets/coco8-pose # dataset root dir
train: images/train  # train images (relative to 'path') 4 images
test: # test images (optional)

# Keypoints
kpt_shape: [17, 3] # number of keypoints
kpt_names:
  0:
    - nose
    - left_eye
names:
  0: person
  1: don't walk
# Download script/URL (optional)
download: |
  from ultralytics.utils import x
  names: ['a']
"""
ROBOFLOW = """train: ../train/images
val: ../valid/images

nc: 2
names: ['car', 'it''s, a: "bus" #1']

roboflow:
  workspace: me
  version: 3
"""
PYYAML = """names:
- "Stra\\xDFe: nass"
- 'no'
- a name so long that PyYAML breaks the line at the eightieth column of it, as it does
  with texts
- "\\U0001F600 in quotes, likewise broken where a line would be longer than that is\\
  \\ allowed"
nc: 4
"""


def read(text: str) -> dict[str, Value]:
    """All that a file says."""
    return {key: value_of(*section) for key, section in sections(text).items()}


def test_what_ultralytics_writes_is_read() -> None:
    """With comments, nested keys and a script, whose lines are no keys."""
    found = read(ULTRALYTICS)
    assert found["names"] == {"0": "person", "1": "don't walk"}
    assert found["kpt_shape"] == ["17", "3"]
    assert found["kpt_names"] == {"0": ["nose", "left_eye"]}
    assert (found["path"], found["test"]) == ("../datasets/coco8-pose", "")


def test_what_roboflow_writes_is_read() -> None:
    """A list in brackets, with quotes in which anything may stand."""
    found = read(ROBOFLOW)
    assert found["names"] == ["car", 'it\'s, a: "bus" #1']
    assert found["roboflow"] == {"workspace": "me", "version": "3"}


def test_what_pyyaml_breaks_is_one_text() -> None:
    """Names keep their letters, and stay texts."""
    assert read(PYYAML)["names"] == [
        "Straße: nass",
        "no",
        "a name so long that PyYAML breaks the line at the eightieth column of it, as it does with texts",
        "\U0001f600 in quotes, likewise broken where a line would be longer than that is allowed",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: [x, 'y',\n  z]", ["x", "y", "z"]),
        ("a: {0: car, 1: {b: []}}", {"0": "car", "1": {"b": []}}),
        ("a: [b c, d:e, f]", ["b c", "d:e", "f"]),
        ("a:\n  - b: c\n    d: e\n  - - f\n    - g", [{"b": "c", "d": "e"}, ["f", "g"]]),
        ("a:\n- - b\n  - c", [["b", "c"]]),
        ("\ufeff---\na: ~\n...", ""),
        ("a: 'x\n\n  y'", "x\ny"),
        ("'a': \"\\t\\x41\\u00e9\\/\"", "\tAé/"),
        ("a: rock 'n' roll # c", "rock 'n' roll"),
        ("a: b#c", "b#c"),
    ],
)
def test_each_way_to_write_a_value(text: str, value: Value) -> None:
    """As the YAML specification has it."""
    assert read(text) == {"a": value}


@pytest.mark.parametrize(
    "text",
    [
        "a: [b",
        "a: [b] c",
        "a: [b c: d]",
        "a: {b}",
        "a: *b",
        "a: &b c",
        "a: !!str b",
        "a: 'b",
        "- a",
        "a:\n   b: c\n  d: e",
    ],
)
def test_what_is_none_of_it_is_refused(text: str) -> None:
    """Rather than read as something else."""
    with pytest.raises(ValueError, match=r"."):
        read(text)

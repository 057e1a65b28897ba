"""Where the elements of a stretch lie."""

from __future__ import annotations

import json

import pytest

from bulk_importer.formats.documents.coco.text.stretches import Stretch

JOINT = b'}, {"a"'


@pytest.mark.parametrize(
    "elements",
    [
        ['{"a": 1}', '{"a": 2}', '{"a": 3}'],
        ['{"a": 1}'],
        ['{"a": {"b": 1}}', '{"a": 2}'],
        ['{"a": [{}, {"a": 1}]}', '{"a": 2}'],
        ['{"a": "}, {"}', '{"a": 2}'],
        ['{"a": "}, {"}', "1"],
        ["1", '{"a": "{"}'],
        ['{"a": 1}', "2"],
        ['{"a": 1}', "2", '{"a": 3}'],
    ],
)
@pytest.mark.parametrize("between", [", ", ",", " ,\n "])
def test_frames_are_those_of_the_elements(elements: list[str], between: str) -> None:
    """Also where a bracket stands inside of one, or not all of them are objects."""
    text = between.join(elements).encode()
    rows = [json.loads(each) for each in elements]
    objects = len(rows) if all(isinstance(each, dict) for each in rows) else 0
    assert Stretch(text).frames(JOINT, objects).cut(text) == [each.encode() for each in elements]

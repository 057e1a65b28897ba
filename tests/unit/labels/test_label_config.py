"""A label configuration is read from every form in which people have one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.labels.label_config import ClassType, LabelClass, LabelConfig, read_label_config
from support.places import VECTORS


def answer_to(part: str) -> Any:
    """The recorded answer to the first route whose address holds `part`."""
    answers = json.loads((VECTORS / "reads.json").read_text())["answers"]
    return next(answer["body"] for route, answer in answers.items() if part in route and "/v1/" not in route)


@pytest.fixture(scope="module")
def created() -> LabelConfig:
    """The configuration of the recorded answers, as a person creates it."""
    return read_label_config(json.loads((VECTORS / "semantics.json").read_text())["label_config"])


def test_the_answer_of_the_server_is_the_configuration_that_was_created(created: LabelConfig) -> None:
    """Alone, or inside a task: ids, colours and order do not matter."""
    config = answer_to("/api/lconfig/")
    assert read_label_config(config) == created
    assert read_label_config({"taskId": "t", "labelConfig": config}) == created


def test_the_export_of_the_editor_lacks_only_what_is_required(created: LabelConfig) -> None:
    """It has classes, options and lengths."""
    exported = read_label_config(answer_to("/export"))
    assert not any(each.required for _, each in exported.all_classes())
    assert {path: (each.key, each.type, each.options) for path, each in exported.all_classes()} == {
        path: (each.key, each.type, each.options) for path, each in created.all_classes()
    }


def test_a_list_of_label_classes_is_flat_and_says_what_it_cannot_check() -> None:
    """Also as the first element of an export; a radio is a select."""
    listed = {
        "label_classes": [
            {"class_name": "Bus", "geometry_type": "rectangle"},
            {"class_name": "weather", "classification_type": "radio"},
        ]
    }
    config = read_label_config(listed)
    assert config.flat
    assert config.roots == (LabelClass("bus", ClassType.RECTANGLE), LabelClass("weather", ClassType.SELECT))
    assert config.unchecked()
    assert read_label_config([listed, {"internal_media_ID": "a"}]) == config
    assert read_label_config(listed["label_classes"]) == config


def test_an_export_gives_the_classes_of_its_first_element(created: LabelConfig) -> None:
    """All of them, nested ones too."""
    exported = read_label_config(json.loads((VECTORS / "export.json").read_text()))
    assert {each.key for each in exported.roots} == {each.key for _, each in created.all_classes()}
    assert created.unchecked() == ()


def test_a_project_may_have_no_classes_yet() -> None:
    """The server says so; then nothing can be imported, and every class is unknown."""
    assert read_label_config({"id": "c", "entries": []}) == LabelConfig(())


def test_a_configuration_survives_being_kept(created: LabelConfig) -> None:
    """It is kept in the checkpoint as JSON."""
    import msgspec

    assert msgspec.json.decode(msgspec.json.encode(created), type=LabelConfig) == created


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "has no classes"),
        ({}, "has no classes"),
        ("text", "has no classes"),
        ([{"entryKey": "car"}], "no 'type'"),
        ([{"entryKey": "car", "type": "CIRCLE"}], "CIRCLE"),
        ([{"entryKey": 5, "type": "POINT"}], "must be texts"),
        ([{"entryKey": "car", "type": "SELECT", "options": ["a"]}], "'car'"),
        ([{"class_name": "car"}], "no 'classification_type'"),
        ([5], "cannot be read"),
    ],
)
def test_what_is_no_configuration_is_named(document: object, words: str) -> None:
    """The message says which file and what is missing in it."""
    with pytest.raises(UsageError, match=f"classes.json.*{words}|{words}.*classes.json"):
        read_label_config(document, source="classes.json")


def select(*options: str, required: bool = False) -> LabelClass:
    """A select of these options."""
    return LabelClass("kind", ClassType.SELECT, required, options)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ((select("a"),), ["lost the option 'b'"]),
        ((select("a", "b", required=True),), ["became required"]),
        ((LabelClass("kind", ClassType.CHECKLIST, options=("a", "b")),), ["SELECT 'kind' is gone"]),
        ((), ["SELECT 'kind' is gone"]),
        ((select("a", "b", "c"), LabelClass("new", ClassType.POINT)), []),
    ],
)
def test_only_what_an_entry_may_no_longer_fit_breaks(now: tuple[LabelClass, ...], words: list[str]) -> None:
    """What was only added does not."""
    found = LabelConfig(now).breaks(LabelConfig((select("a", "b"),)))
    assert len(found) == len(words)
    assert all(word in each for word, each in zip(words, found, strict=True))


def test_a_shorter_text_breaks_what_fitted() -> None:
    """A limit that was raised does not."""
    long, short = (
        LabelConfig(
            (
                LabelClass(
                    "car",
                    ClassType.POLYGON,
                    children=(LabelClass("plate", ClassType.FREETEXT, max_length=n),),
                ),
            )
        )
        for n in (20, 8)
    )
    assert short.breaks(long) == ("'car/plate' allows 8 characters in place of 20",)
    assert long.breaks(short) == ()

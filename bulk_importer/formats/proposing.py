"""Proposes a class map: every name of a source with how often it stands there, and what in the project is like it.

Pure. A starter for a person, who knows what the names mean. A name that the project has, as the server compares, needs
no line and gets one as a comment; the nearest name gets a line to look at; for what is like nothing there is a comment.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from bulk_importer.formats.model import Annotation, Answer, Drawn, Left, Picture
from bulk_importer.labels.entry import lane_of, nearest
from bulk_importer.labels.label_config import CLASSIFICATIONS, LabelConfig
from bulk_importer.readable import counted

__all__ = ["Names", "proposal"]

_MOST_VALUES = 100
"""Values of an attribute that are listed; what has more is a text or a number, and no option."""

_LIKENESS = 0.6


class Names:
    """The names in a source; `see` adds those of a picture."""

    def __init__(self) -> None:
        self.labels: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.values: dict[str, Counter[str]] = {}
        self.keypoints: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()

    @classmethod
    def of(cls, read: Iterable[Picture | Left]) -> Names:
        """The names in all that a reader gives."""
        names = cls()
        for each in read:
            if isinstance(each, Picture):
                names.see(each)
        return names

    def see(self, picture: Picture) -> None:
        """Count the names of a picture."""
        for annotation in picture.annotations:
            if isinstance(annotation, Drawn):
                self.labels[annotation.kind.label] += 1
                for name, values in annotation.kind.attributes:
                    self.attributes[name] += 1
                    self._see_values(name, Answer(values))
            else:
                self._see(annotation)
        for tag in picture.tags:
            self.tags[tag.name] += 1
            self._see_values(tag.name, tag.answer)

    def _see(self, annotation: Annotation) -> None:
        self.labels[annotation.label] += 1
        self.keypoints.update(keypoint.name for keypoint in annotation.keypoints)
        for name, answer in annotation.attributes.items():
            self.attributes[name] += 1
            self._see_values(name, answer)
        for each in annotation.within:
            self._see(each)

    def _see_values(self, name: str, answer: Answer) -> None:
        values = self.values.setdefault(name, Counter())
        if len(values) <= _MOST_VALUES:
            values.update(answer.values)
        for key, below in answer.below.items():
            self.attributes[key] += 1
            self._see_values(key, below)


def proposal(names: Names, config: LabelConfig) -> Iterator[str]:
    """The lines of a class map in TOML for a label configuration, wherever in it a name stands."""
    classes = [each for _, each in config.all_classes()]
    shapes = _themselves(each.key for each in classes if each.type not in CLASSIFICATIONS)
    options = {each.key: each.options or () for each in classes if each.type in CLASSIFICATIONS}
    questions = _themselves(options)
    yield from _table("classes", names.labels, shapes, "object")
    yield from _table("keypoints", names.keypoints, shapes, "point")
    yield from _table("attributes", names.attributes, questions, "answer")
    yield from _table("tags", names.tags, _of_pictures(config), "picture")
    for name, values in names.values.items():
        known = options.get(_like(name, questions) or "")
        if known and len(values) <= _MOST_VALUES:
            yield from _table(f"options.{_quoted(name)}", values, _themselves(known), "answer")


def _table(name: str, counts: Counter[str], known: Mapping[str, str], unit: str) -> Iterator[str]:
    """A table of a class map.

    Args:
        known: the words of the project, and what to write where one is meant.
    """
    if not counts:
        return
    yield f"[{name}]"
    for each, count in counts.most_common():
        found = _like(each, known)
        meaning = "false" if found is None else _quoted(known[found])
        line = f"{_quoted(each)} = {meaning}   # {counted(count, unit)}"
        if found is None:
            yield f"# {line}; nothing in the project is like it: name what it means, or leave it out"
        elif lane_of(found) == lane_of(each):
            yield f"# {line}; the same name, which needs no line"
        else:
            yield f"{line}; the nearest name: is it meant?"
    yield ""


def _like(word: str, known: Iterable[str]) -> str | None:
    """The known word that is the same as the server compares, else the nearest."""
    by_name = {lane_of(each): each for each in reversed(list(known))}
    same = by_name.get(lane_of(word))
    if same is not None:
        return same
    near = nearest(lane_of(word), by_name, likeness=_LIKENESS)
    return None if near is None else by_name[near]


def _themselves(words: Iterable[str]) -> dict[str, str]:
    return {word: word for word in words}


def _of_pictures(config: LabelConfig) -> dict[str, str]:
    """What a label of whole pictures may mean: each question at the root, and each of its options."""
    questions = [label for label in config.roots if label.type in CLASSIFICATIONS]
    meant = {
        option: f"{label.key}={option}" for label in reversed(questions) for option in label.options or ()
    }
    return meant | {label.key: label.key for label in questions}


def _quoted(text: str) -> str:
    """A text as TOML and JSON have it; what is no character of a text file is a question mark."""
    found = json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)
    return found.replace("\x7f", "\\u007f")

"""Random imports, reads, completions and crashes leave the sandbox where a naive model says.

The model is written from the text (protocol 2.6 to 2.10, 3.4, 3.5) and knows nothing of the sandbox's code: plain
dictionaries in the form of the recorded labels, copied before each request and dropped when it fails.
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from support.places import VECTORS
from support.profiles import examples

Json = dict[str, Any]
_VECTORS = VECTORS / "semantics.json"
_CLASSES: list[Json] = json.loads(_VECTORS.read_text("utf-8"))["label_config"]
_CHOICES = ("SELECT", "CHECKLIST", "FREETEXT")
_MEDIA = 3


class RefusedBody(Exception):
    """The model expects the server to refuse: status, key, params."""

    def __init__(self, status: int, key: str, *params: str) -> None:
        self.expected = (status, key, list(params))
        super().__init__(self.expected)


# -------------------------------------------------------------------------------------------- the naive model


def _find(classes: list[Json], key: str) -> Json:
    for one in classes:
        if one["entryKey"].lower() == key.lower().rstrip(" "):
            return one
    raise RefusedBody(500, "ex_gen_wrong_entry_id", key)


def _blank(one: Json) -> Json:
    kind = one["type"]
    children = [_blank(child) for child in one["children"] if child["type"] in _CHOICES]
    value: Json = {"k": one["entryKey"], "t": kind, "valid": False, "c": children}
    if kind in _CHOICES:
        return value | {"v": [] if kind == "CHECKLIST" else None}
    return value | {"g": {"RECTANGLE": [None] * 4, "POINT": [None] * 2}.get(kind, [])}


def _judge(value: Json, one: Json) -> None:
    kind, options = value["t"], one.get("options") or {}
    if kind == "SELECT":
        if value["v"] not in options:
            value["valid"] = value["v"] is None and not one["required"]
            value["v"] = None
        else:
            value["valid"] = True
    elif kind == "CHECKLIST":
        wrong = not value["v"] or any(text not in options for text in value["v"])
        value["valid"] = not (one["required"] and wrong)
    elif kind == "FREETEXT":
        value["valid"] = value["v"] is None or len(value["v"]) <= one["maxLength"]
    elif kind == "RECTANGLE":
        value["valid"] = None not in value["g"]
    elif kind == "POINT":
        value["valid"] = True
    else:
        value["valid"] = len(value["g"]) >= {"LINE": 2, "POLYGON": 3, "IMAGE_SEGMENTATION": 1}[kind]


def _classify(value: Json, one: Json, given: list[Any]) -> None:
    texts = [text for text in given if isinstance(text, str)]
    if (texts and value["t"] == "CHECKLIST") or len(texts) == 1:
        value["v"] = texts if value["t"] == "CHECKLIST" else texts[0]
        _judge(value, one)
    for nested in given:
        if isinstance(nested, dict):
            if not nested:
                raise RefusedBody(500, "ex_system")
            key = next(iter(nested))
            child = _find(one["children"], key)
            _classify(next(v for v in value["c"] if v["k"] == child["entryKey"]), child, nested[key])


def _draw(value: Json, one: Json, given: Json, *, nested: bool) -> None:
    kind = one["type"]
    for form in ("polygon", "rectangle", "line", "point", "geometry"):
        if form not in given:
            continue
        for point in given[form]:
            if kind == "RECTANGLE":
                for slot, key in enumerate("xywh"):
                    value["g"][slot] = float(point[key]) if key in point else value["g"][slot]
            elif kind in ("IMAGE_SEGMENTATION", *_CHOICES):
                raise RefusedBody(500, "ex_gen_entry_type_not_found", kind)
            elif len(point) != 2:
                raise RefusedBody(500, "ex_gen_entry_value_validation", kind)
            elif kind == "POINT":
                value["g"] = [float(point["x"]), float(point["y"])]
            else:
                value["g"].append([float(point["x"]), float(point["y"])])
        _judge(value, one)
    for key, texts in given.get("classifications", {}).items():
        held = next((child for child in value["c"] if child["k"] == key), None)
        if held is None:
            raise RefusedBody(500, "ex_gen_wrong_entry_id", key)
        _classify(held, _find(one["children"], key), texts)
    for key, geometries in ({} if nested else given.get("nested_geometries", {})).items():
        child = _find(one["children"], key)
        for geometry in geometries:
            if child["type"] in _CHOICES:
                raise RefusedBody(500, "ex_gen_entry_value_validation", child["type"])
            value["c"].append(_blank(child))
            _draw(value["c"][-1], child, geometry, nested=True)


class Model:
    """What three media hold, and where their tasks are."""

    def __init__(self) -> None:
        self.labels: list[list[Json]] = [[] for _ in range(_MEDIA)]
        self.uploaded = [False] * _MEDIA
        self.states = ["BACKLOG"] * _MEDIA

    def upload(self, entries: list[Json]) -> None:
        """All or nothing. Media ids are `$0`, `$1`, `$2`, `^0` for the upper case, and whatever is unknown."""
        before = copy.deepcopy((self.labels, self.uploaded))
        try:
            for entry in entries:
                if "internal_media_ID" in entry:
                    self._entry(entry)
        except RefusedBody:
            self.labels, self.uploaded = before
            raise

    def _entry(self, entry: Json) -> None:
        media_id = entry["internal_media_ID"].rstrip(" ")
        if media_id[:1] not in ("$", "^"):
            raise RefusedBody(500, "ex_gen_json_upload_not_found_task")
        media = int(media_id[1:])
        if entry.get("keepData") is False:
            self.labels[media] = []
        self.create_missing(media)
        for key, given in entry.get("global_classifications", {}).items():
            held = next((v for v in self.labels[media] if v["k"] == key and v["t"] in _CHOICES), None)
            if held is None:
                raise RefusedBody(500, "ex_gen_wrong_entry_id", key)
            _classify(held, _find(_CLASSES, key), given)
        for key, geometries in entry.get("labels", {}).items():
            one = _find(_CLASSES, key)
            for geometry in geometries:
                self.labels[media].append(_blank(one))
                _draw(self.labels[media][-1], one, geometry, nested=False)
        self.uploaded[media] = True

    def create_missing(self, media: int) -> None:
        """Rows for all root classifications."""
        for one in _CLASSES:
            if one["type"] in _CHOICES and not any(v["k"] == one["entryKey"] for v in self.labels[media]):
                self.labels[media].append(_blank(one))

    def complete(self, media: int) -> bool:
        """Judge everything; whether it is all valid, and the task thus completed."""
        judged = copy.deepcopy(self.labels[media])
        for value, one in _walk(judged, _CLASSES):
            _judge(value, one)
            if not value["valid"] or (value["t"] == "POINT" and None in value["g"]):
                return False
        self.labels[media] = judged
        self.states[media] = "COMPLETED"
        return True

    def canonical(self) -> list[list[Json]]:
        """In the order of the recorded labels."""
        return [_sorted(labels) for labels in self.labels]


def _walk(values: list[Json], classes: list[Json]) -> Iterator[tuple[Json, Json]]:
    for value in values:
        one = _find(classes, value["k"])
        yield value, one
        yield from _walk(value["c"], one["children"])


def _sorted(values: list[Json]) -> list[Json]:
    told = []
    for value in values:
        one = {**value, "c": _sorted(value["c"])}
        if one["t"] == "CHECKLIST":
            one["v"] = sorted(one["v"])
        told.append(one)
    return sorted(told, key=lambda one: json.dumps(one, sort_keys=True))


# --------------------------------------------------------------------------------------------- random uploads

_number = st.integers(0, 50) | st.floats(0, 50) | st.sampled_from(["0", "12", "007"])
_point = st.fixed_dictionaries({"x": _number, "y": _number})
_box = st.fixed_dictionaries({"x": _number, "y": _number, "w": _number, "h": _number})
_texts = st.lists(st.sampled_from(["sunny", "urban", "rural", "suv", "taxi", "yes", "nine char"]), max_size=3)
_inner = st.dictionaries(st.sampled_from(["daytime", "wind", "Wind", "zzz"]), _texts, max_size=2)
_classification = st.one_of(
    _texts,
    st.just([None]),
    st.builds(lambda first, inner: [first, inner], st.sampled_from([None, "sunny", "rain"]), _inner),
)


def _geometry(nested: st.SearchStrategy[Json] | None) -> st.SearchStrategy[Json]:
    forms: dict[str, st.SearchStrategy[Any]] = {
        "polygon": st.lists(_point, min_size=3, max_size=4),
        "line": st.lists(_point, min_size=2, max_size=3),
        "point": st.lists(_point, min_size=1, max_size=1),
        "rectangle": st.lists(_box, min_size=1, max_size=1),
        "geometry": st.lists(_point | _box, max_size=3),
        "classifications": st.dictionaries(
            st.sampled_from(["car_type", "flags", "plate", "flat", "Plate"]),
            _texts | st.just([None]),
            max_size=2,
        ),
    }
    if nested is not None:
        names = st.sampled_from(["wheel", "Wheel", "car_type"])
        forms["nested_geometries"] = st.dictionaries(names, st.lists(nested, max_size=2), max_size=1)
    return st.dictionaries(st.sampled_from(sorted(forms)), st.none(), max_size=2).flatmap(
        lambda chosen: st.fixed_dictionaries({key: forms[key] for key in chosen})
    )


_keys = st.sampled_from(["car", "bus", "street", "poi", "mask", "CAR", "weather", "tags", "truck"])
_entry = st.fixed_dictionaries(
    {},
    optional={
        "internal_media_ID": st.sampled_from(["$0", "$1", "$2", "$0", "$1", "^0", "$2 ", "nobody"]),
        "keepData": st.booleans(),
        "global_classifications": st.dictionaries(
            st.sampled_from(["weather", "tags", "note", "Note", "car"]), _classification, max_size=3
        ),
        "labels": st.dictionaries(_keys, st.lists(_geometry(_geometry(None)), max_size=2), max_size=2),
    },
)


# ------------------------------------------------------------------------------------------------ the machine


class SandboxBesideModel(RuleBasedStateMachine):
    """Does the same to a sandbox in another process and to the model."""

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.crashes = 0
        self.model = Model()
        self._open()
        self.project = self.sandbox.prepare(media=_MEDIA, label_config=_CLASSES)
        tasks = self.sandbox.ask(f"/api/project/{self.project['id']}/task")
        self.tasks = [task["taskId"] for task in tasks]

    def _open(self) -> None:
        self.sandbox = StartedSandbox("--database", str(Path(self.folder.name) / "sandbox.db"))

    def teardown(self) -> None:
        if hasattr(self, "sandbox"):
            self.sandbox.stop()
            self.folder.cleanup()

    @rule(entries=st.lists(_entry, min_size=1, max_size=3))
    def upload(self, entries: list[Json]) -> None:
        expected: tuple[int, Any, Any] = (200, "", None)
        try:
            self.model.upload(entries)
        except RefusedBody as refusal:
            expected = refusal.expected
        text = json.dumps(entries)
        for index, media_id in enumerate(self.project["media_ids"]):
            text = text.replace(f"${index}", media_id).replace(f"^{index}", media_id.upper())
        route = f"/api/v1/project/{self.project['id']}/prediction"
        status, answer = self.sandbox.send("POST", route, text.encode())
        assert (status, answer.get("key", answer.get("errorMessages")), answer.get("params")) == expected

    @rule(media=st.integers(0, _MEDIA - 1))
    def read_task(self, media: int) -> None:
        """Reading a task writes: it creates what is missing."""
        task = self.sandbox.ask(f"/api/task/{self.tasks[media]}")
        self.model.create_missing(media)
        assert task["labelTaskState"] == self.model.states[media]
        assert len(task["labelIteration"]["entryValues"]) == len(self.model.labels[media])

    @rule(media=st.integers(0, _MEDIA - 1))
    def read_labels(self, media: int) -> None:
        """Reading labels does not."""
        iteration, media_id = self.project["iteration_id"], self.project["media_ids"][media]
        held = self.sandbox.ask(f"/api/lcvalues/{iteration}/{media_id}/{self.tasks[media]}")
        assert len(held["entryValues"]) == len(self.model.labels[media])

    @rule(media=st.integers(0, _MEDIA - 1))
    def complete(self, media: int) -> None:
        completes = self.model.complete(media)
        route = f"/api/task/{self.tasks[media]}/completeTask"
        status, answer = self.sandbox.send("PUT", route, b'{"lastChangedConfig": 99999999999999}')
        assert status == (200 if completes else 500)
        assert completes or answer["key"] == "ex_gen_entry_value_validation"

    @rule(media=st.integers(0, _MEDIA - 1))
    def skip(self, media: int) -> None:
        self.sandbox.send("PUT", f"/api/task/{self.tasks[media]}/skipTask", b"")
        self.model.states[media] = "SKIPPED"

    @precondition(lambda self: self.crashes < 2)
    @rule()
    def crash(self) -> None:
        """As `kill -9` does; what was answered is there again."""
        self.crashes += 1
        self.sandbox.kill()
        self._open()

    @precondition(lambda self: hasattr(self, "project"))
    @invariant()
    def both_hold_the_same(self) -> None:
        held = self.sandbox.labels(self.project["id"])
        assert [held[media_id] for media_id in self.project["media_ids"]] == self.model.canonical()
        tasks = self.sandbox.ask(f"/api/project/{self.project['id']}/task")
        told = [(task["labelTaskState"], task["hasJsonUpload"]) for task in tasks]
        assert told == list(zip(self.model.states, self.model.uploaded, strict=True))


class StartedSandbox:
    """A sandbox in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        import subprocess
        import sys

        command = [sys.executable, "-m", "bulk_importer", "sandbox", "--port", "0", "--json", *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self._url = json.loads(self._process.stdout.readline())["url"]

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Json]:
        """Status and JSON of an answer."""
        try:
            with urlopen(Request(self._url + path, data=body, method=method), timeout=60) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else {}
        except HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def ask(self, path: str) -> Any:
        """The JSON of a GET."""
        return self.send("GET", path)[1]

    def prepare(self, **arguments: Any) -> Json:
        """A project to begin with."""
        return self.send("POST", "/sandbox/projects", json.dumps(arguments).encode())[1]

    def labels(self, project_id: str) -> dict[str, list[Json]]:
        """What every media holds."""
        return self.ask(f"/sandbox/projects/{project_id}/labels")  # type: ignore[no-any-return]  # JSON

    def kill(self) -> None:
        """At once."""
        self._process.kill()
        self.stop()

    def stop(self) -> None:
        """By a signal."""
        self._process.terminate()
        self._process.wait(60)
        if self._process.stdout:
            self._process.stdout.close()


SandboxBesideModel.TestCase.settings = settings(
    max_examples=examples(8), stateful_step_count=20, suppress_health_check=list(HealthCheck)
)
TestSandboxBesideModel = pytest.mark.slow(SandboxBesideModel.TestCase)


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_a_long_campaign_finds_no_difference() -> None:
    """The same, for minutes."""
    long = settings(SandboxBesideModel.TestCase.settings, max_examples=examples(200), stateful_step_count=40)
    run_state_machine_as_test(SandboxBesideModel, settings=long)

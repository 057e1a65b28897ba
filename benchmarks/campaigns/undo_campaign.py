"""Plays random stories of imports, people, backups and undos, and compares what the media hold with a naive model.

    python -m benchmarks.campaigns.undo_campaign --stories 500

A story is some steps in one project of a sandbox in this process: an import of mixed entries (some of them rejected,
and fed again), a person who changes labels, a backup, a wipe, the import of a backup, an undo of any of these imports
or of an earlier undo, with force or without. The model is a dictionary, and knows of each import what every media held
before and after it. After each step every media holds what the model says, value by value; what the model does not
decide are media that were changed since an import: an undo may leave them alone, or take out what was only added. Ends
with the first difference, its seed, and exit 1.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bulk_importer import Settings, backup_labels, import_labels, retry, undo
from bulk_importer.sandbox import Sandbox

Json = dict[str, Any]
MEDIA = 3
_NUMBERS = (0.0, 1.0, 2.5, 0.1, 1e-9, 123456.789012345)
_GEOMETRIES = ("RECTANGLE", "POLYGON", "POINT", "LINE")


@dataclass
class Media:
    """What one media holds: its geometries, each with all that hangs on it, and the values of the whole media."""

    geometries: Counter[str] = field(default_factory=Counter)
    values: dict[str, str] = field(default_factory=dict)

    def take(self, entry: Json) -> None:
        """Do what the server does with an entry."""
        if entry.get("keepData") is False:
            self.geometries, self.values = Counter(), {}
        for key, items in entry.get("labels", {}).items():
            self.geometries.update(_drawn(key, item) for item in items)
        for key, elements in entry.get("global_classifications", {}).items():
            self.values.update(_said(key, elements))


@dataclass
class Imported:
    """What an import, or an undo, did: what each media held before and after it, for those that it sent something to.

    Attributes:
        added: what it added to a media, where it did nothing else.
        known: media of which it is known what they held before.
        by: the undo that took it back latest.
    """

    checkpoint: Path
    before: dict[str, Media] = field(default_factory=dict)
    after: dict[str, Media] = field(default_factory=dict)
    added: dict[str, Counter[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    by: Imported | None = None

    @property
    def is_undone(self) -> bool:
        """Whether it was taken back, and that was not."""
        return self.by is not None and not self.by.is_undone


def _drawn(key: str, item: Json) -> str:
    """A geometry as a text, from how an entry writes it."""
    points = next(item[form] for form in ("point", "rectangle", "polygon", "line") if form in item)
    numbers = [float(point[axis]) for point in points for axis in "xywh" if axis in point]
    values = sorted(pair for each in item.get("classifications", {}).items() for pair in _said(*each))
    nested = sorted(
        _drawn(each, below) for each, items in item.get("nested_geometries", {}).items() for below in items
    )
    return json.dumps([key, numbers, values, nested])


def _said(key: str, elements: list[Any]) -> Iterator[tuple[str, str]]:
    """The values of a classification by their paths, from how an entry writes it."""
    if texts := sorted(each for each in elements if isinstance(each, str)):
        yield key, json.dumps(texts)
    for nested in elements:
        if isinstance(nested, dict):
            for below, more in nested.items():
                yield from ((f"{key}/{path}", text) for path, text in _said(below, more))


def _held(values: Iterable[Json]) -> Media:
    """What a media holds, from how the sandbox tells it."""
    held = Media()
    for each in values:
        if each["t"] in _GEOMETRIES:
            held.geometries[_told(each)] += 1
        else:
            held.values.update(_answered(each))
    return held


def _told(value: Json) -> str:
    numbers = [float(each) for pair in value["g"] for each in (pair if isinstance(pair, list) else [pair])]
    below = [each for each in value["c"] if each["t"] not in _GEOMETRIES]
    nested = sorted(_told(each) for each in value["c"] if each["t"] in _GEOMETRIES)
    return json.dumps(
        [value["k"], numbers, sorted(pair for each in below for pair in _answered(each)), nested]
    )


def _answered(value: Json) -> Iterator[tuple[str, str]]:
    texts = value["v"] if isinstance(value["v"], list) else [value["v"]] * (value["v"] is not None)
    if texts:
        yield value["k"], json.dumps(sorted(texts))
    for each in value["c"]:
        yield from ((f"{value['k']}/{path}", text) for path, text in _answered(each))


class Story:
    """One project, what is done to it, and the model of it."""

    def __init__(self, sandbox: Sandbox, folder: Path, seed: int) -> None:
        self._sandbox, self._folder = sandbox, folder
        self._chance = random.Random(seed)
        self._name = f"story {seed}"
        self._project_id = ""
        self._names: dict[str, str] = {}
        # What the model says that the media hold, each backup with what they held then, and all imports and undos.
        self.media: dict[str, Media] = {}
        self._backups: list[tuple[Path, dict[str, Media]]] = []
        self._imports: list[Imported] = []
        self._files = 0
        self.told: list[str] = []

    async def play(self, steps: int) -> str:
        """Play so many steps; the first difference, in words, or nothing."""
        project = await self._sandbox.prepare(name=self._name, media=MEDIA)
        self._project_id = project.id
        self._names = {each: f"img{number:06}.jpg" for number, each in enumerate(project.media_ids)}
        self.media = {each: Media() for each in project.media_ids}
        whats = (self._import, self._import, self._undo, self._undo, self._person, self._backup)
        for _ in range(steps):
            what = self._chance.choice((*whats, self._restore, self._wipe))
            self.told.append(what.__name__)
            if wrong := await what() or await self._difference(self.media):
                return f"{self._name}: {', '.join(self.told)}: {wrong}"
        return ""

    # ------------------------------------------------------------------------------------------- what is drawn

    def _entry(self, media_id: str) -> Json:
        chance = self._chance
        entry: Json = {"internal_media_ID": media_id}
        if (keep := chance.choice((None, True, False))) is not None:
            entry["keepData"] = keep
        if chance.random() < 0.8:
            entry["labels"] = self._labels()
        if chance.random() < 0.25:
            entry["global_classifications"] = self._values()
        return entry

    def _labels(self) -> Json:
        chance = self._chance
        labels: Json = {}
        for _ in range(chance.randrange(1, 3)):
            match chance.randrange(3):
                case 0:
                    labels.setdefault("poi", []).append({"point": [{"x": chance.choice((1, 0.1)), "y": 1}]})
                case 1:
                    labels.setdefault("bus", []).append({"rectangle": [self._box()]})
                case _:
                    car: Json = {"polygon": [self._point() for _ in range(3)]}
                    if chance.random() < 0.5:
                        car["classifications"] = {"car_type": [chance.choice(("suv", "van"))]}
                    if chance.random() < 0.3:
                        car["nested_geometries"] = {"wheel": [{"rectangle": [self._box()]}]}
                    labels.setdefault("car", []).append(car)
        return labels

    def _values(self) -> Json:
        chance = self._chance
        nested: list[Any] = [{"daytime": [chance.choice(("day", "night"))]}] * chance.randrange(2)
        found: Json = {
            "note": [chance.choice(("a", "b", "\u00e4"))],
            "tags": chance.sample(("night", "rural", "urban"), chance.randrange(1, 4)),
            "weather": [chance.choice(("rain", "sunny")), *nested],
        }
        return {key: found[key] for key in chance.sample(sorted(found), chance.randrange(1, 3))}

    def _point(self) -> Json:
        return {axis: self._chance.choice(_NUMBERS) for axis in "xy"}

    def _box(self) -> Json:
        return {axis: self._chance.choice(_NUMBERS) for axis in "xywh"}

    def _entries(self, most: int) -> list[Json]:
        media = list(self.media)
        return [self._entry(self._chance.choice(media)) for _ in range(self._chance.randrange(1, most + 1))]

    # -------------------------------------------------------------------------------------- what is done, and ought

    async def _person(self) -> str:
        await self._upload(self._entries(2))
        return ""

    async def _wipe(self) -> str:
        await self._upload([{"internal_media_ID": each, "keepData": False} for each in self.media])
        return ""

    async def _upload(self, entries: list[Json]) -> None:
        url = f"{self._sandbox.url}/api/v1/project/{self._project_id}/prediction"
        assert await asyncio.to_thread(_posted, url, entries) == {"errorMessages": ""}
        for entry in entries:
            self.media[entry["internal_media_ID"]].take(entry)

    async def _backup(self) -> str:
        path = self._file("backup")
        summary = await backup_labels(path, self._settings())
        self._backups.append((path, copy.deepcopy(self.media)))
        return "" if summary.exit_code == 0 else f"the backup ended with {summary.exit_code}"

    async def _restore(self) -> str:
        if not self._backups:
            return ""
        path, held = self._chance.choice(self._backups)
        before = copy.deepcopy(self.media)
        checkpoint = self._file("checkpoint")
        settings = self._settings(checkpoint=str(checkpoint), replace_finished=True)
        summary = await import_labels(path, settings)
        self.media = copy.deepcopy(held)
        self._imports.append(Imported(checkpoint, before, copy.deepcopy(held), known=set(before)))
        return "" if summary.exit_code == 0 else f"the import of the backup ended with {summary.exit_code}"

    async def _import(self) -> str:
        chance = self._chance
        entries, path = self._entries(6), self._file("json")
        written = [copy.deepcopy(each) for each in entries]
        broken = chance.randrange(len(entries)) if chance.random() < 0.2 else None
        if broken is not None:
            written[broken]["labels"] = {"poi": [{"point": [{"x": 1}]}]}
        is_by_name = broken is None and chance.random() < 0.2
        if is_by_name:
            for each in written:
                each["external_media_ID"] = self._names[each.pop("internal_media_ID")]
        path.write_text(json.dumps(written, ensure_ascii=chance.random() < 0.5))
        backup = chance.choice(("auto", "auto", "always", "never", "never"))
        how: Json = {"media_by": "name"} if is_by_name else {}
        # An entry a request: then one may be kept between two of the same media.
        how |= {"max_batch_entries": 1, "max_in_flight": 1} if chance.random() < 0.5 else {}
        checkpoint = self._file("checkpoint")
        settings = self._settings(checkpoint=str(checkpoint), backup=backup, onto_uploaded=True, **how)
        self.told[-1] += f" ({backup}{', by name' * is_by_name}{', with a retry' * (broken is not None)})"
        imported = Imported(checkpoint)
        sent = [each for number, each in enumerate(entries) if number != broken]
        summary = await import_labels(path, settings)
        if summary.delivered != len(sent):
            return f"{summary.delivered} of {len(sent)} entries were delivered"
        self._sent(imported, sent, is_kept=backup != "never")
        if broken is not None and (wrong := await self._retry(imported, entries, broken, backup)):
            return wrong
        self._imports.append(imported)
        return ""

    async def _retry(self, imported: Imported, entries: list[Json], broken: int, backup: str) -> str:
        """Feed the entry that was rejected, at its place: what a later one would have lost is held back."""
        corrected = self._file("jsonl")
        entry = {**entries[broken], "keepData": True}
        later = [
            each for each in entries[broken + 1 :] if each["internal_media_ID"] == entry["internal_media_ID"]
        ]
        corrected.write_text(json.dumps({"position": broken, "entry": entry}))
        settings = self._settings(backup=backup, onto_uploaded=True)
        retried = await retry(imported.checkpoint, settings, corrected=corrected)
        if retried.summary.delivered == len(entries):
            self._sent(imported, [entry], is_kept=backup != "never")
            return ""
        return "" if later else "the retry did not deliver what it was given"

    def _sent(self, imported: Imported, entries: list[Json], *, is_kept: bool) -> None:
        for entry in entries:
            media_id = entry["internal_media_ID"]
            media = self.media[media_id]
            imported.before.setdefault(media_id, copy.deepcopy(media))
            only_adds = entry.get("keepData") is not False and "global_classifications" not in entry
            if media_id not in imported.after:
                imported.added[media_id] = Counter()
            if not only_adds:
                imported.added.pop(media_id, None)
            if media_id in imported.added:
                imported.added[media_id].update(_taken(entry).geometries)
            if is_kept:
                imported.known.add(media_id)
            media.take(entry)
            imported.after[media_id] = copy.deepcopy(media)

    async def _undo(self) -> str:
        if not self._imports:
            return ""
        among = self._imports[-self._chance.choice((1, 1, 2, 5)) :]
        imported, force = self._chance.choice(among), self._chance.random() < 0.4
        self.told[-1] += f" ({imported.checkpoint.relative_to(self._folder)}{', force' * force})"
        undone = await undo(imported.checkpoint, self._settings(yes=True), force=force)
        now = await self._now()
        sent = undone.summary is not None
        for media_id, media in self.media.items():
            if wrong := _wrong(imported, media_id, media, now[media_id], force=force):
                return f"media {list(self.media).index(media_id)} {wrong}"
        if undone.plan.left_alone == 0 and not sent and now != self.media:
            return "labels changed, and nothing was sent"
        if undone.summary is not None and undone.summary.exit_code != 0:
            return f"the undo ended with {undone.summary.exit_code}"
        if sent and undone.folder is not None:
            before, self.media = self.media, now
            checkpoint = undone.folder / "checkpoint"
            if not any(each.checkpoint == checkpoint for each in self._imports):
                touched = _touched_by(undone.folder / "restore.jsonl")
                own = Imported(
                    checkpoint,
                    {each: before[each] for each in touched},
                    {each: copy.deepcopy(now[each]) for each in touched},
                    known=touched,
                )
                self._imports.append(own)
                imported.by = own
        return ""

    # ------------------------------------------------------------------------------------------------- the rest

    def _settings(self, **more: Any) -> Settings:
        return Settings(server=self._sandbox.url, project=self._name, workers=0, **more)

    def _file(self, kind: str) -> Path:
        self._files += 1
        return self._folder / f"{self._files}.{kind}"

    async def _now(self) -> dict[str, Media]:
        labels = await self._sandbox.labels(self._project_id)
        return {each: _held(labels.get(each, [])) for each in self.media}

    async def _difference(self, expected: dict[str, Media]) -> str:
        now = await self._now()
        for number, (media_id, media) in enumerate(expected.items()):
            if now[media_id] != media:
                return f"media {number} holds {now[media_id]}, and should hold {media}"
        return ""


def _taken(entry: Json) -> Media:
    media = Media()
    media.take(entry)
    return media


def _touched_by(path: Path) -> set[str]:
    return {json.loads(line)["internal_media_ID"] for line in path.read_text().splitlines()}


def _wrong(imported: Imported, media_id: str, held: Media, now: Media, *, force: bool) -> str:
    """Why a media may not hold what it holds after an undo; empty where it may."""
    if media_id not in imported.before:
        return "" if now == held else "was changed, and the import sent nothing to it"
    before, after = imported.before[media_id], imported.after[media_id]
    added = imported.added.get(media_id)
    if imported.is_undone:
        allowed = [held] if not force else [held, before]
        return "" if now in allowed else f"was taken back twice: {held} became {now}, and it held {before}"
    if held == after and (media_id in imported.known or added is not None):
        return "" if now == before else f"holds {now}, and held {before}"
    allowed = [held, before] if force or held == after else [held]
    if added is not None and not added - held.geometries:
        allowed.append(Media(held.geometries - added, held.values))
    return "" if now in allowed else f"was changed since, and {held} became {now}; it held {before}"


def _posted(url: str, entries: list[Json]) -> Any:
    with urlopen(Request(url, data=json.dumps(entries).encode()), timeout=60) as answer:
        return json.load(answer)


async def _played(seeds: Iterable[int], steps: int) -> str:
    async with Sandbox() as sandbox:
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                if wrong := await Story(sandbox, Path(folder), seed).play(steps):
                    return wrong
    return ""


def play_stories(seeds: Iterable[int], steps: int = 8) -> str:
    """Play a story for each seed; the first difference, in words, or nothing."""
    return asyncio.run(_played(seeds, steps))


def main() -> int:
    """Play so many stories as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stories", type=int, default=500)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1, help="of the first")
    arguments = parser.parse_args()
    wrong = play_stories(range(arguments.seed, arguments.seed + arguments.stories), arguments.steps)
    sys.stdout.write(f"{wrong or 'Every media held what the model says.'}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

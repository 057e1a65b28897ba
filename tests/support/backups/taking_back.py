"""A project in a sandbox whose imports are taken back, and a person who works in it meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bulk_importer.library.undoing import undo
from bulk_importer.migration.undo.undoing import Undone
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from bulk_importer.summary import Summary
from support.importing import import_file

__all__ = ["Place", "at_place"]

MEDIA = 6


class Place:
    """A project in a sandbox, what is imported into it, and what a person does to it."""

    def __init__(self, sandbox: Sandbox, folder: Path, project_id: str, media: list[str]) -> None:
        self.sandbox, self.folder, self.project_id, self.media = sandbox, folder, project_id, media
        self.names = {media_id: f"img{number:06}.jpg" for number, media_id in enumerate(media)}
        self.imports = 0

    async def run(self, entries: list[dict[str, Any]], **settings: Any) -> Summary:
        """Import entries with a checkpoint of their own."""
        return await self.run_text(json.dumps(entries), **settings)

    async def run_text(self, text: str, **settings: Any) -> Summary:
        """The same, of entries as they are written."""
        self.imports += 1
        path = self.folder / f"{self.imports}.json"
        path.write_text(text)
        ours = {"server": self.sandbox.url, "project": "p", "workers": 0, "onto_uploaded": True}
        return await import_file(path, Settings(**{**ours, **settings}))

    async def undo(self, *, force: bool = False, dry_run: bool = False, **settings: Any) -> Undone:
        """Take the last import back."""
        return await undo(self.checkpoint, Settings(workers=0, **settings), force=force, dry_run=dry_run)

    @property
    def checkpoint(self) -> Path:
        """That of the last import."""
        return self.folder / f"{self.imports}.json.checkpoint"

    async def person(self, *entries: dict[str, Any]) -> None:
        """Change labels without this program."""
        url = f"{self.sandbox.url}/api/v1/project/{self.project_id}/prediction"
        assert await asyncio.to_thread(_posted, url, entries) == {"errorMessages": ""}

    async def held(self) -> dict[str, Counter[str]]:
        """What each media holds, in a form of its own: every label as a text."""
        found = await self.sandbox.labels(self.project_id)
        return {media_id: Counter(_texts(found.get(media_id, []))) for media_id in self.media}

    def left_alone(self, undone: Undone) -> dict[str, str]:
        """The media that were left alone, with the reasons."""
        assert undone.folder is not None
        lines = (undone.folder / "left_alone.jsonl").read_text().splitlines()
        return {each["media_id"]: each["why"] for each in map(json.loads, lines) if not each.get("restored")}


def _posted(url: str, entries: Sequence[dict[str, Any]]) -> Any:
    with urlopen(Request(url, data=json.dumps(entries).encode())) as answer:
        return json.load(answer)


def _texts(values: Any) -> list[str]:
    return [
        json.dumps([each["k"], each.get("g"), each.get("v")])
        for each in values
        if each.get("g") or each.get("v")
    ]


async def at_place(sandbox: Sandbox, folder: Path) -> Place:
    """The project `p`, with a few media."""
    prepared = await sandbox.prepare(name="p", media=MEDIA)
    return Place(sandbox, folder, prepared.id, list(prepared.media_ids))

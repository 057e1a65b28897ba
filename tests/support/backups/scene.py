"""A project whose media hold every kind of label: what imports make, and what only people make."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from bulk_importer.sandbox import Sandbox
from support.places import VECTORS

__all__ = ["Scene", "built_scene", "plain"]

_SEMANTICS: dict[str, Any] = json.loads((VECTORS / "semantics.json").read_text("utf-8"))


class Scene:
    """The project `p`, and the ways to it that a person has."""

    def __init__(
        self, sandbox: Sandbox, project: Any, session: aiohttp.ClientSession, token: str | None
    ) -> None:
        self.sandbox = sandbox
        self.project = project
        self._session = session
        self._token = token

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of an answer, whatever its status."""
        headers = {"Authorization": f"Token {self._token}"} if self._token else {}
        async with self._session.request(
            method, self.sandbox.url + path, json=body, headers=headers
        ) as answer:
            return json.loads(await answer.read() or b"null")

    async def upload(self, entries: list[dict[str, Any]]) -> Any:
        """Import entries."""
        return await self.ask("POST", f"/api/v1/project/{self.project.id}/prediction", entries)

    async def wipe(self) -> None:
        """Take the labels off all media."""
        await self.upload([{"internal_media_ID": each, "keepData": False} for each in self.project.media_ids])

    async def held(self, number: int) -> list[dict[str, Any]]:
        """The values of a media, as the server tells them."""
        project = self.project
        path = f"/api/lcvalues/{project.iteration_id}/{project.media_ids[number]}/{project.task_ids[number]}"
        values: list[dict[str, Any]] = (await self.ask("GET", path))["entryValues"]
        return values

    async def edit(self, number: int, value: dict[str, Any], **changes: Any) -> None:
        """Change a value as a person does, who may say anything; `valid` among it."""
        point = value.get("point") or {}
        body = {**value, **{axis: point.get(axis) for axis in ("x", "y")}, **changes}
        await self.ask(
            "PUT", f"/api/lcvalues/{value['id']}", body | {"labelTaskId": self.project.task_ids[number]}
        )


async def built_scene(sandbox: Sandbox, session: aiohttp.ClientSession, *, token: str | None = None) -> Scene:
    """All that the recorded cases leave, three media each, and behind them a media that a person edited."""
    cases = [
        [request for request in case["requests"] if isinstance(request, list)]
        for case in _SEMANTICS["cases"].values()
    ]
    project = await sandbox.prepare(
        name="p", media=3 * len(cases) + 2, label_config=_SEMANTICS["label_config"]
    )
    scene = Scene(sandbox, project, session, token)
    for number, requests in enumerate(cases):
        ids = {f'"${each}"': json.dumps(project.media_ids[3 * number + each]) for each in range(3)}
        for request in requests:
            text = json.dumps(request)
            for name, media_id in ids.items():
                text = text.replace(name, media_id)
            await scene.upload(json.loads(text))
    return scene


def plain(labels: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Labels of media without the classifications that nobody has set: a restore makes these rows anew."""
    return {media_id: _set(values) for media_id, values in labels.items()}


def _set(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    below = [{**value, "c": _set(value["c"])} for value in values]
    return [value for value in below if "g" in value or value["c"] or value["v"] not in (None, [])]

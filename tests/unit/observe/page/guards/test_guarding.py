"""The guards before a whole application: each attack is refused, and whoever opened the link gets through."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bulk_importer.observe.page.guards.guarding import Guards
from bulk_importer.observe.page.guards.keys import Keys
from bulk_importer.observe.page.guards.origin import Site
from bulk_importer.observe.page.listening import bound, serving

TOKEN = "a token of twenty signs"


class Visitor:
    """A browser that does as it is told, at an application behind guards."""

    def __init__(
        self, session: aiohttp.ClientSession, guards: Guards, site: Site, printed: list[str]
    ) -> None:
        self.session = session
        self.guards = guards
        self.site = site
        self.printed = printed
        self.changed: list[str] = []

    async def ask(self, method: str, path: str, **said: Any) -> aiohttp.ClientResponse:
        """The answer, read to its end."""
        async with self.session.request(method, f"{self.site.root}{path}", **said) as answer:
            await answer.read()
            return answer

    async def post(self, path: str, **said: Any) -> aiohttp.ClientResponse:
        """As a page of this server does."""
        headers = {"Origin": self.site.root, "Sec-Fetch-Site": "same-origin"} | said.pop("headers", {})
        return await self.ask("POST", path, headers=headers, **said)

    async def open(self) -> aiohttp.ClientResponse:
        """Open a new link."""
        return await self.ask("GET", self.guards.link().removeprefix(self.site.root))


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    """With a page, something that can be changed, and something that breaks."""
    app, numbers = web.Application(), count(1)
    port_holder = bound("127.0.0.1", 0, "--page")
    site = Site.at("127.0.0.1", port_holder.getsockname()[1])
    keys = Keys(lambda: f"nobody-guesses-{next(numbers)}", TOKEN)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        printed: list[str] = []
        guards = Guards(site, keys, printed.append)
        it = Visitor(session, guards, site, printed)

        async def page(request: web.Request) -> web.Response:
            return web.Response(text="the page")

        async def change(request: web.Request) -> web.Response:
            it.changed.append(request.method)
            return web.Response(text="changed")

        async def breaks(request: web.Request) -> web.Response:
            raise RuntimeError("a secret of the page")

        app.router.add_get("/", page)
        app.router.add_post("/change", change)
        app.router.add_delete("/change", change)
        app.router.add_get("/breaks", breaks)
        guards.protect(app)
        async with serving(app, port_holder):
            yield it


async def test_a_link_opens_the_page_by_a_strict_cookie(visitor: Visitor) -> None:
    """The cookie is for this port, no script reads it, and no other site sends it along."""
    opened = await visitor.open()
    cookie = opened.headers["Set-Cookie"]
    assert opened.status == 200
    assert re.match(rf"bulk-importer-{visitor.site.port}=\S+; HttpOnly; Path=/; SameSite=Strict$", cookie)
    answer = await visitor.ask("GET", "/")
    assert (answer.status, await answer.text()) == (200, "the page")


async def test_a_link_is_good_once(visitor: Visitor) -> None:
    """Who opens it again, in another browser, is told so and gets no cookie."""
    link = visitor.guards.link().removeprefix(visitor.site.root)
    await visitor.ask("GET", link)
    visitor.session.cookie_jar.clear()
    again = await visitor.ask("GET", link)
    assert again.status == 403
    assert "used before" in await again.text()
    assert "Set-Cookie" not in again.headers
    assert (await visitor.ask("GET", "/")).status == 401


async def test_who_is_in_may_come_back_by_the_old_link(visitor: Visitor) -> None:
    """As a browser does that restores its tabs."""
    link = visitor.guards.link().removeprefix(visitor.site.root)
    await visitor.ask("GET", link)
    assert (await visitor.ask("GET", link)).status == 200


async def test_looking_ahead_uses_no_link_up(visitor: Visitor) -> None:
    """Neither HEAD nor a browser that fetches what a person might open."""
    link = visitor.guards.link().removeprefix(visitor.site.root)
    assert (await visitor.ask("HEAD", link)).status == 405
    assert (await visitor.ask("GET", link, headers={"Sec-Purpose": "prefetch;prerender"})).status == 403
    assert (await visitor.ask("GET", link)).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
async def test_nothing_is_given_to_who_has_no_cookie(visitor: Visitor, method: str) -> None:
    """Whatever is asked for, also what is not there."""
    headers = {"Origin": visitor.site.root}
    for path in ("/", "/change", "/breaks", "/nothing"):
        assert (await visitor.ask(method, path, headers=headers)).status == 401
    name = f"bulk-importer-{visitor.site.port}"
    for wrong in ("", "nobody-guesses-1", "nobody-guesses-2x"):
        assert (await visitor.ask("GET", "/", headers={"Cookie": f"{name}={wrong}"})).status == 401
    assert visitor.changed == []


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
        {},
    ],
)
async def test_another_page_changes_nothing_with_the_cookie(
    visitor: Visitor, method: str, said: dict[str, str]
) -> None:
    """A browser that sends it along, and a page that knows the address."""
    await visitor.open()
    assert (await visitor.ask(method, "/change", headers=said)).status == 403
    assert visitor.changed == []
    assert (await visitor.post("/change")).status == 200


async def test_a_name_that_was_rebound_gets_nothing(visitor: Visitor) -> None:
    """Not even the page that says how one gets in, nor a style sheet."""
    await visitor.open()
    for path in ("/", "/open", "/static/page.css"):
        answer = await visitor.ask("GET", path, headers={"Host": "evil.example"})
        assert answer.status == 421


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND"])
async def test_other_methods_are_not_answered(visitor: Visitor, method: str) -> None:
    """No page of another site is told that it may."""
    answer = await visitor.ask(method, "/", headers={"Access-Control-Request-Method": "POST"})
    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


async def test_every_answer_is_protected(visitor: Visitor) -> None:
    """Also those that refuse, and those that are not there."""
    answers = [await visitor.ask("GET", "/"), await visitor.open()]
    answers += [await visitor.ask("GET", path) for path in ("/", "/nothing", "/breaks", "/static/page.css")]
    answers += [await visitor.ask("POST", "/change"), await visitor.ask("TRACE", "/")]
    for answer in answers:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "aiohttp" not in answer.headers["Server"]


async def test_what_breaks_is_answered_and_says_nothing_of_it(
    visitor: Visitor, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither to the browser nor on the terminal of the run."""
    await visitor.open()
    answer = await visitor.ask("GET", "/breaks")
    assert answer.status == 500
    assert "secret" not in await answer.text()
    assert capfd.readouterr() == ("", "")


async def test_a_token_opens_the_page_and_another_text_does_not(visitor: Visitor) -> None:
    """After five wrong ones at once it has to be waited, also with the right one."""
    assert "Token" in await (await visitor.ask("GET", "/")).text()
    assert (await visitor.post("/sign-in", data={"token": TOKEN})).status == 200
    assert (await visitor.ask("GET", "/")).status == 200
    visitor.session.cookie_jar.clear()
    statuses = [(await visitor.post("/sign-in", data={"token": "wrong"})).status for _ in range(5)]
    assert statuses == [403, 403, 403, 403, 429]
    assert (await visitor.post("/sign-in", data={"token": TOKEN})).status == 429
    assert (await visitor.ask("GET", "/")).status == 401


async def test_a_form_is_small_and_is_a_form(visitor: Visitor) -> None:
    """What is more than that is not read."""
    assert (await visitor.post("/sign-in", data={"token": "x" * 5000})).status == 413
    assert (await visitor.post("/sign-in", data=b"{}")).status == 415
    packed = {"Content-Encoding": "gzip"}
    assert (await visitor.post("/sign-in", data={"token": TOKEN}, headers=packed)).status == 415
    assert (await visitor.post("/sign-in", data={f"a{at}": "" for at in range(50)})).status == 400


async def test_somebody_at_the_door_has_a_new_link_printed(visitor: Visitor) -> None:
    """It stands on the terminal and not on the page, and it opens; now and then one is enough."""
    answer = await visitor.post("/link")
    assert answer.status == 200
    assert len(visitor.printed) == 1
    code = visitor.printed[0].rpartition("=")[2]
    assert code not in await answer.text()
    for _ in range(5):
        await visitor.post("/link")
    assert len(visitor.printed) == 3
    assert (await visitor.ask("GET", visitor.printed[0].removeprefix(visitor.site.root))).status == 200
    assert (await visitor.ask("GET", "/")).status == 200

"""Requests that would be right, were they not from somebody else: a page of strangers, or a program without the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from support.attacks.attacked import FORM, Attack, Attacked, change, read
from support.attacks.raw import request

__all__ = ["from_others"]


def from_others(at: Attacked) -> Iterator[Attack]:
    """All of them. Each has a cookie that was honestly come by, but for those that are there to have none."""
    yield from _under_another_name(at)
    yield from _from_another_page(at)
    yield from _without_a_key(at)


def _under_another_name(at: Attacked) -> Iterator[Attack]:
    """As a page does whose own name was rebound to this machine."""
    port = at.port
    names: Mapping[str, list[str]] = {
        "another name": ["evil.example"],
        "another name, this port": [f"evil.example:{port}"],
        "a name that begins like this machine": [f"localhost.evil.example:{port}"],
        "a name that ends like this machine": [f"evil.localhost:{port}"],
        "an address that goes on as a name": [f"127.0.0.1.evil.example:{port}"],
        "no port": ["127.0.0.1"],
        "the port of the web": ["127.0.0.1:80"],
        "another port": [f"127.0.0.1:{port ^ 1}"],
        "a port with a zero before it": [f"127.0.0.1:0{port}"],
        "a port with a sign": [f"127.0.0.1:+{port}"],
        "a port in other digits": [
            f"127.0.0.1:{str(port).translate({48 + n: 0x660 + n for n in range(10)})}"
        ],
        "a port that goes on": [f"127.0.0.1:{port}.evil.example"],
        "a port, and a second": [f"127.0.0.1:{port}:80"],
        "a user before it": [f"evil@127.0.0.1:{port}"],
        "this machine as the user": [f"127.0.0.1:{port}@evil.example"],
        "two in one": [f"127.0.0.1:{port}, evil.example"],
        "the address in IPv6": [f"[::1]:{port}"],
        "the address, mapped": [f"[::ffff:127.0.0.1]:{port}"],
        "the address as a number": [f"2130706433:{port}"],
        "the address in short": [f"127.1:{port}"],
        "every address": [f"0.0.0.0:{port}"],
        "another address of this machine": [f"127.0.0.2:{port}"],
        "a dot at the end": [f"127.0.0.1.:{port}"],
        "a path behind it": [f"127.0.0.1:{port}/evil"],
        "an open bracket": [f"[127.0.0.1:{port}"],
        "nothing": [""],
        "no name at all": [],
        "two, the good one first": [at.host, "evil.example"],
        "two, the good one last": ["evil.example", at.host],
        "the good one twice": [at.host, at.host],
    }
    for name, hosts in names.items():
        yield Attack(f"called by {name}", read(at, hosts=hosts), {421, 400})
    for name in ("another name, this port", "no name at all", "two, the good one first"):
        yield Attack(f"changed, called by {name}", change(at, hosts=names[name]), {421, 400})
    for header in ("X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host"):
        said = [(header, f"host={at.host}" if header == "Forwarded" else at.host)]
        words = read(at, hosts=["evil.example"], more=said)
        yield Attack(f"called by another name, with {header}", words, {421})


def _from_another_page(at: Attacked) -> Iterator[Attack]:
    """As a page does that is open in the browser that has the cookie."""
    port = at.port
    origins: Mapping[str, list[str]] = {
        "nowhere": [],
        "an origin that is null": ["null"],
        "an empty origin": [""],
        "another host": ["http://evil.example"],
        "another host, this port": [f"http://evil.example:{port}"],
        "another port": [f"http://127.0.0.1:{port ^ 1}"],
        "no port": ["http://127.0.0.1"],
        "another scheme": [f"https://127.0.0.1:{port}"],
        "a file": ["file://"],
        "the other name of this machine": [f"http://localhost:{port}"],
        "a host that begins like it": [f"http://127.0.0.1:{port}.evil.example"],
        "an origin with a path": [f"http://127.0.0.1:{port}/"],
        "an origin without a scheme": [f"127.0.0.1:{port}"],
        "two origins": [at.origin, "http://evil.example"],
        "two origins in one": [f"{at.origin} http://evil.example"],
    }
    for name, said in origins.items():
        yield Attack(f"changed from {name}", change(at, origins=said), {403})
    for method in ("DELETE", "PUT", "PATCH"):
        yield Attack(
            f"{method} from another host", change(at, method, origins=origins["another host"]), {403}
        )
        yield Attack(f"{method} from nowhere", change(at, method, origins=[]), {403})
    referrer = [("Referer", f"{at.origin}/")]
    yield Attack("changed from a referrer alone", change(at, origins=[], more=referrer), {403})
    for site in ("cross-site", "same-site", "none", "Same-Origin", "same-origin, cross-site"):
        fetched = [("Sec-Fetch-Site", site)]
        yield Attack(f"changed from {site}", change(at, more=fetched), {403})
    for site in ("cross-site", "same-site"):
        for mode, dest in (
            ("no-cors", "image"),
            ("cors", "empty"),
            ("navigate", "iframe"),
            ("no-cors", "script"),
        ):
            fetched = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)]
            for path in (at.page, at.stream):
                yield Attack(f"{path} as {dest} from {site}", read(at, path, more=fetched), {403})


def _without_a_key(at: Attacked) -> Iterator[Attack]:
    """As any program of this machine does."""
    name, _, value = at.cookie.partition("=")
    keys: Mapping[str, str | None] = {
        "no cookie": None,
        "an empty cookie": f"{name}=",
        "another cookie": f"session={value}",
        "the cookie of another port": f"{name[:-1]}x={value}",
        "a cookie that is guessed": f"{name}={'A' * len(value)}",
        "the start of the cookie": f"{name}={value[:-1]}",
        "more than the cookie": f"{name}={value}A",
        "the cookie in small letters": f"{name}={value.lower()}x",
        "a cookie that is no text": f"{name}=\udcff\udcfe",
        "a cookie without a value": name,
        "a long cookie": f"{name}={'A' * 7000}",
        "many cookies": "; ".join(f"c{number}=1" for number in range(500)),
    }
    for said, cookie in keys.items():
        headers = [("Host", at.host), *([("Cookie", cookie)] if cookie is not None else [])]
        for path in (at.page, at.stream, "/nothing-of-the-kind"):
            yield Attack(f"{path} with {said}", request("GET", path, headers), {401, 400})
        changing = [*headers, ("Origin", at.origin), FORM, ("Content-Length", str(len(at.form)))]
        yield Attack(f"changed with {said}", request("POST", at.change, changing, at.form), {401, 400})
    for header in ("Authorization", "X-Session", "Proxy-Authorization"):
        words = request("GET", at.page, [("Host", at.host), (header, f"Bearer {value}")])
        yield Attack(f"the key as {header}", words, {401})
    yield Attack("the key in the query", request("GET", f"{at.page}?{at.cookie}", [("Host", at.host)]), {401})
    for query in (
        "",
        "?code=",
        "?code=A",
        f"?code={value}",
        "?code[]=A",
        "?code=%00",
        "?code=%ff",
        f"?code={'A' * 6000}",
    ):
        yield Attack(
            f"a code that is none: {query[:12]}",
            request("GET", f"/open{query}", [("Host", at.host)]),
            {403, 400},
        )

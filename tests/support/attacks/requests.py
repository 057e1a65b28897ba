"""Requests that nobody has a reason to send, with a cookie that was honestly come by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from support.attacks.attacked import FORM, Attack, Attacked, change, read
from support.attacks.raw import request

__all__ = ["that_are_odd"]

_NOT_UNDERSTOOD = {0, 400, 404, 405, 413, 414, 431, 501}


def that_are_odd(at: Attacked) -> Iterator[Attack]:
    """All of them."""
    yield from _in_other_ways(at)
    yield from _of_other_kinds(at)
    yield from _for_other_files(at)
    yield from _that_are_no_requests(at)


def _in_other_ways(at: Attacked) -> Iterator[Attack]:
    """Methods that a route does not have, and ways to have another one than one's own."""
    for method in ("TRACE", "TRACK", "OPTIONS", "CONNECT", "PROPFIND", "HEAD", "get", "GETS", "DEBUG"):
        if method != "HEAD":
            headers = [("Host", at.host), ("Origin", at.origin), ("Cookie", at.cookie)]
            yield Attack(f"{method} of a page", request(method, at.page, headers), {400, 405, 501, 0})
        yield Attack(f"{method} of a change", change(at, method), {400, 404, 405, 501, 0})
    for method in ("DELETE", "PUT", "PATCH", "GET"):
        yield Attack(f"{method} of a change, from its own page", change(at, method), {405, 404})
    for method in ("DELETE", "PUT", "PATCH", "POST"):
        headers = [("Host", at.host), ("Origin", at.origin), ("Cookie", at.cookie), ("Content-Length", "0")]
        yield Attack(f"{method} of a page, from its own page", request(method, at.page, headers), {405, 404})
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        words = request("GET", at.change, [("Host", at.host), ("Cookie", at.cookie), (header, "POST"), FORM])
        yield Attack(f"a change by {header}", words, {405, 404})
    query = f"{at.change}?_method=POST&{at.form.decode()}"
    yield Attack("a change by its query", read(at, query), {405, 404})


def _of_other_kinds(at: Attacked) -> Iterator[Attack]:
    """Bodies that a form of a strange page can have, and others that are none."""
    for kind in (
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json",
        "application/xml",
        "a/b/c",
        "",
    ):
        yield Attack(f"a form as {kind or 'nothing'}", change(at, kind=("Content-Type", kind)), {400, 415})
    yield Attack(
        "a form as text, that reads as one",
        change(at, kind=("Content-Type", "text/plain; a=x-www-form-urlencoded")),
        {415},
    )
    yield Attack("a form too long", change(at, form=at.form + b"&more=" + b"A" * 100_000), {413})
    yield Attack(
        "a form of many fields",
        change(at, form=b"&".join(b"a%d=1" % number for number in range(500))),
        {400, 413},
    )
    for form in at.pointless:
        yield Attack(f"a form that asks for nothing: {form!r}", change(at, form=form), {303, 400})
    packed = [("Content-Encoding", "gzip")]
    yield Attack("a form that is packed", change(at, more=packed), {400, 415})


def _for_other_files(at: Attacked) -> Iterator[Attack]:
    """Paths that lead out of what is shown."""
    up = (
        "..",
        "%2e%2e",
        "..%2f..",
        "%2e%2e%2f",
        "..\\..",
        "..%5c",
        "....//",
        "%252e%252e",
        "..;",
        "%c0%ae%c0%ae",
    )
    for each in up:
        for start in ("/", "/static/"):
            path = start + "/".join([each] * 6) + "/etc/passwd"
            yield Attack(f"{start} {each}", read(at, path), {400, 403, 404})
    for path in (
        "/static/guards.py",
        "/static/../guards.py",
        "/static/page.css%00.html",
        "/static/page.css/../../guards.py",
        "/static//etc/passwd",
        "//etc/passwd",
        "/etc/passwd",
        "/%00",
        "/%ff%fe",
        "/%0d%0aSet-Cookie:%20a=b",
        "/.git/config",
        "/run.log",
        "/rejected.jsonl",
        "/log",
        "/summary.json",
        "/<script>alert(1)</script>",
    ):
        yield Attack(f"the path {path}", read(at, path), {400, 403, 404})


def _that_are_no_requests(at: Attacked) -> Iterator[Attack]:
    """Bytes that two programs may read in two ways, and such as are too many."""
    start = f"Host: {at.host}\r\nCookie: {at.cookie}\r\n"
    change = f"POST {at.change} HTTP/1.1\r\n{start}Origin: {at.origin}\r\nContent-Type: {FORM[1]}\r\n"
    form, length = at.form.decode(), len(at.form)
    rows: Mapping[str, str] = {
        "an absolute target": f"GET http://evil.example{at.page} HTTP/1.1\r\n{start}\r\n",
        "an absolute target, its own": f"GET http://{at.host}{at.page} HTTP/1.1\r\n{start}\r\n",
        "a target that is no path": f"GET evil HTTP/1.1\r\n{start}\r\n",
        "a target that is a star": f"OPTIONS * HTTP/1.1\r\n{start}\r\n",
        "a tunnel": f"CONNECT evil.example:443 HTTP/1.1\r\n{start}\r\n",
        "no version, and no name": f"GET {at.page}\r\nCookie: {at.cookie}\r\n\r\n",
        "version 0.9 without a name": f"GET {at.page} HTTP/0.9\r\nCookie: {at.cookie}\r\n\r\n",
        "version 3": f"GET {at.page} HTTP/3.0\r\n{start}\r\n",
        "version 1.0 without a name": f"GET {at.page} HTTP/1.0\r\nCookie: {at.cookie}\r\n\r\n",
        "the start of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "a hello of TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "A" * 64 + "\r\n\r\n",
        "two lengths": f"{change}Content-Length: {length}\r\nContent-Length: 0\r\n\r\n{form}",
        "a length and chunks": f"{change}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a negative length": f"{change}Content-Length: -1\r\n\r\n",
        "a length with a sign": f"{change}Content-Length: +{length}\r\n\r\n{form}",
        "a length that is no number": f"{change}Content-Length: many\r\n\r\n{form}",
        "a length beyond all": f"{change}Content-Length: {10**30}\r\n\r\n{form}",
        "chunks that are none": f"{change}Transfer-Encoding: chunked\r\n\r\nzz\r\n{form}\r\n0\r\n\r\n",
        "chunks of another kind": f"{change}Transfer-Encoding: xchunked\r\nContent-Length: {length}\r\n\r\n{form}",
        "a blank before a colon": f"GET {at.page} HTTP/1.1\r\nHost : {at.host}\r\nCookie: {at.cookie}\r\n\r\n",
        "a header that is folded": f"GET {at.page} HTTP/1.1\r\n Host: {at.host}\r\nCookie: {at.cookie}\r\n\r\n",
        "a header without a name": f"GET {at.page} HTTP/1.1\r\n{start}: evil\r\n\r\n",
        "a header with a zero byte": f"GET {at.page} HTTP/1.1\r\n{start}X: a\0b\r\n\r\n",
        "a long header": f"GET {at.page} HTTP/1.1\r\n{start}X: {'A' * 200_000}\r\n\r\n",
        "many headers": f"GET {at.page} HTTP/1.1\r\n{start}" + "X: A\r\n" * 20_000 + "\r\n",
        "a long target": f"GET /{'A' * 200_000} HTTP/1.1\r\n{start}\r\n",
        "a long query": f"GET {at.page}?{'A' * 200_000} HTTP/1.1\r\n{start}\r\n",
        "a long method": f"{'A' * 200_000} {at.page} HTTP/1.1\r\n{start}\r\n",
    }
    for name, words in rows.items():
        yield Attack(f"{name} is said", words.encode("latin-1"), _NOT_UNDERSTOOD | {401, 403, 421, 505})
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
    for path in (at.change, "/nothing-of-the-kind"):
        key = [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
        yield Attack(f"a web socket at {path}", read(at, path, more=[*upgrade, *key]), {400, 404, 405, 426})

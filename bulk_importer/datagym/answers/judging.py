"""Judges what the server, or whatever answered in its place, says about a batch.

Pure and total: every status, header and body has a verdict, and so has every way of getting no answer.

The words decide, the status only where there are none. DataGym speaks in two forms (protocol 2.1, 2.2):
`{"errorMessages": text}` and an error object with a `key` that begins with `ex_`. Either is written by the
application after its transaction has ended, so both prove what is in the database, whatever status and content
type a proxy puts on them: an empty text is the commit, every other text and every `ex_*` key a rollback. The one
contradiction, an empty text under a status that is not 2xx, proves nothing.

Where the answer is not in these words, somebody else wrote it, and the question is whether the request can have
reached the application:

- 2xx with HTML, nothing, half a JSON document, or JSON of another form: *in doubt*. A login page or a maintenance
  page usually means that nothing was executed, but it may as well stand for a gateway's 502 (`error_page 502 =200`),
  and an empty body or half a document for an answer that was lost on its way.
- 3xx: not executed; a redirect asks to send the same elsewhere. Batches do not follow it. One that is meant for good
  tells of a wrong address; one for the time being leads to a maintenance page as often as to a login: *wait*.
- 4xx: not executed; that is what the class means, and proxies keep to it because they refuse before they forward:
  *turned away*, which the sending side holds against what else passes. A 404 that is a page, or nothing, is what they
  say while nothing is behind them: *wait*.
- 503: not executed, with an exception: Envoy and Varnish report a connection that broke *after* the
  request was forwarded as 503, in texts that can be told apart.
- 5xx else: in doubt. A 500 without words may be the container failing to write the answer to a committed request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from html import unescape
from urllib.parse import urlsplit

from bulk_importer.datagym.answers.policy import retry_after_seconds
from bulk_importer.datagym.answers.schema_text import pointed_entries
from bulk_importer.datagym.answers.server_words import in_words
from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    InDoubt,
    NotSent,
    Refuse,
    Stop,
    StopKind,
    TurnedAway,
    Verdict,
)
from bulk_importer.datagym.http_dates import http_date

__all__ = ["FailureKind", "judge_answer", "judge_failure", "retry_after"]


class FailureKind(Enum):
    """How a request ended without an answer. The client says which; nothing else is known."""

    NOT_RESOLVED = "its name has no address"
    REFUSED = "the connection was refused"
    TLS = "no TLS connection came about"
    CERTIFICATE = "its certificate is not trusted"
    PROXY_LOGIN = "the proxy does not accept us"
    CONNECT_TIMEOUT = "no connection came about in time"
    WRITE_TIMEOUT = "it did not take the whole request in time"
    WRITE_BROKEN = "the connection broke before the whole request was sent"
    DISCONNECTED = "the connection broke before an answer came"
    FIRST_BYTE_TIMEOUT = "no answer began in time"
    TOTAL_TIMEOUT = "the answer was not complete in time"
    HALF_ANSWER = "the answer broke off"
    NOT_HTTP = "the answer is not HTTP"
    ABORTED = "we gave the request up"
    NOT_PERMITTED = "it was not let go"


# Half a body cannot be executed: the server parses all of it first, and our bodies end with the bracket that they
# need. So what broke while it was being written is as safe as what never had a connection.
_NOT_EXECUTED: Mapping[FailureKind, Cause] = {
    FailureKind.NOT_RESOLVED: Cause.UNREACHABLE,
    FailureKind.REFUSED: Cause.UNREACHABLE,
    FailureKind.TLS: Cause.UNREACHABLE,
    FailureKind.CONNECT_TIMEOUT: Cause.UNREACHABLE,
    FailureKind.WRITE_TIMEOUT: Cause.TIMED_OUT,
    FailureKind.WRITE_BROKEN: Cause.DISCONNECTED,
}
_UNKNOWN: Mapping[FailureKind, Cause] = {
    FailureKind.DISCONNECTED: Cause.DISCONNECTED,
    FailureKind.FIRST_BYTE_TIMEOUT: Cause.TIMED_OUT,
    FailureKind.TOTAL_TIMEOUT: Cause.TIMED_OUT,
    FailureKind.HALF_ANSWER: Cause.DISCONNECTED,
    FailureKind.NOT_HTTP: Cause.GARBLED,
    FailureKind.ABORTED: Cause.TIMED_OUT,
}

# What passes, or is about the request: somebody answered. 52x and 530 are a content delivery network's own: it had no
# connection to the server.
_NOT_NOW: Mapping[int, Cause] = {
    408: Cause.TIMED_OUT,
    413: Cause.TOO_LARGE,
    421: Cause.UNAVAILABLE,
    425: Cause.UNAVAILABLE,
    429: Cause.THROTTLED,
    503: Cause.UNAVAILABLE,
    521: Cause.UNAVAILABLE,
    523: Cause.UNAVAILABLE,
    525: Cause.UNAVAILABLE,
    526: Cause.UNAVAILABLE,
    530: Cause.UNAVAILABLE,
}
_NEVER: Mapping[int, StopKind] = {
    401: StopKind.NOT_AUTHORISED,
    402: StopKind.LIMIT_REACHED,
    403: StopKind.NOT_AUTHORISED,
    407: StopKind.PROXY_REFUSES,
}
_FOR_THE_TIME_BEING = frozenset({302, 303, 307})
# 503 of proxies that had forwarded the request already: Envoy's reset reasons, Varnish's broken fetch.
_FORWARDED = (b"connection termination", b"remote reset", b"local reset", b"backend fetch failed")
# What the second parser says about content names a place in it. What else comes under the same key (no body, an I/O
# error while it was read) is about the way here, and so is the claim that our array is none.
_BLAMES_CONTENT = re.compile(
    r"\A(?!A JSONArray text must start).*\[character [0-9]+ line [0-9]+\]", re.DOTALL
)
_TEXT_CHARACTERS = 2000
_LINE_CHARACTERS = 120
_FIRST_LINE = re.compile(r"(\S[^\r\n]*)")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.DOTALL | re.IGNORECASE)
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def judge_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None
) -> Verdict:
    """The verdict on a complete HTTP answer to a batch.

    Args:
        headers: names in any case.
        body: decoded from any content encoding, whatever its content type.
        now: aware; needed only for a `Retry-After` date in an answer that has no `Date` of its own.
    """
    words = _words(body)
    text = words.get("errorMessages")
    if isinstance(text, str) and (text.strip() or (text == "" and 200 <= status < 300)):
        return _judge_text(text)
    key = words.get("key")
    if isinstance(key, str) and key.startswith("ex_"):
        return _judge_key(status, key, _params(words), retry_after(headers, now))
    return _judge_status(status, headers, body, now)


def judge_failure(kind: FailureKind) -> Again | InDoubt | Stop | NotSent:
    """The verdict on a request that got no complete answer."""
    if kind is FailureKind.CERTIFICATE:
        return Stop(StopKind.NOT_TRUSTED, kind.value)
    if kind is FailureKind.PROXY_LOGIN:
        return Stop(StopKind.PROXY_REFUSES, kind.value)
    if kind is FailureKind.NOT_PERMITTED:
        return NotSent(is_on_record=True, reason=kind.value)
    if kind in _NOT_EXECUTED:
        return Again(_NOT_EXECUTED[kind], kind.value)
    return InDoubt(_UNKNOWN[kind], kind.value)


def _words(body: bytes) -> Mapping[object, object]:
    words = _decoded(body)
    return words if isinstance(words, dict) else {}


def _decoded(body: bytes) -> object:
    # The lenient decoder: the server echoes what it was sent, lone surrogates and control characters included.
    try:
        return json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _params(words: Mapping[object, object]) -> tuple[str, ...]:
    params = words.get("params")
    if not isinstance(params, list):
        return ()
    return tuple(str(param)[:_TEXT_CHARACTERS] for param in params[:20])


def _judge_text(text: str) -> Verdict:
    if text == "":
        return Accept()
    brief = text.strip()[:_TEXT_CHARACTERS]
    pointed = pointed_entries(text)
    if pointed:
        return AgainInPart(pointed, brief.splitlines()[0])
    if pointed is not None:
        return Refuse("schema", (brief,), "the schema refused the request without naming an entry")
    if text.startswith("line: "):
        # The bodies that we send are whole documents: an end where none is means that the rest was lost.
        if "Unexpected end-of-input" in text:
            return Again(Cause.GARBLED, "the request did not arrive whole")
        return Refuse("malformed_json", (brief,), "the server cannot parse the request")
    return Refuse("error_messages", (brief,), "the server refused the request with a text")


def _judge_key(status: int, key: str, params: tuple[str, ...], after_seconds: float | None) -> Verdict:
    said = in_words(key, params)
    match key:
        case "ex_system":
            return Again(Cause.CONFLICT, said, after_seconds)
        case "ex_unauthorized" | "ex_forbidden":
            return Stop(StopKind.NOT_AUTHORISED, f"{said}, with status {status}")
        case "ex_limit":
            return Stop(StopKind.LIMIT_REACHED, said)
        case "ex_notfound" if params[:1] == ("Project",):
            return Stop(StopKind.PROJECT_NOT_FOUND, said)
        case "ex_gen_error_messages" if not any(_BLAMES_CONTENT.search(param) for param in params):
            return Again(
                Cause.GARBLED, f"the request did not arrive whole: {', '.join(params)}", after_seconds
            )
    return Refuse(key, params, said)


def _judge_status(status: int, headers: Mapping[str, str], body: bytes, now: datetime | None) -> Verdict:
    said = f"status {status}, {_shape(body)}"
    if status in _NOT_NOW and not (status == 503 and any(mark in body.lower() for mark in _FORWARDED)):
        return Again(_NOT_NOW[status], said, retry_after(headers, now))
    if 300 <= status < 400:
        said = f"{said}, redirects to {_target(headers)}"
    if status in _FOR_THE_TIME_BEING or (status == 404 and _decoded(body) is None):
        return Again(Cause.UNAVAILABLE, said, retry_after(headers, now))
    if 300 <= status < 400:
        return TurnedAway(StopKind.NOT_DATAGYM, said)
    if 400 <= status < 500:
        return TurnedAway(
            _NEVER.get(status, StopKind.NOT_DATAGYM), f"{said}, perhaps from a proxy before the server"
        )
    if status > 501 or (200 <= status < 300 and _is_page(body)):
        return InDoubt(Cause.UNAVAILABLE, said)
    return InDoubt(Cause.GARBLED, said)


def _is_page(body: bytes) -> bool:
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith(b"<")


def _shape(body: bytes) -> str:
    """What came instead of the server's words, with its title or first line: that is what people search for."""
    if not body.strip():
        return "an empty body"
    if not _is_page(body):
        return f"a body that is not DataGym's{_quoted(_FIRST_LINE.search(_excerpt(body)))}"
    page = _excerpt(body)
    return f"a page of HTML{_quoted(_TITLE.search(page) or _HEADING.search(page))}"


def _quoted(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    text = " ".join(unescape(_TAG.sub(" ", found[1])).split())
    return f' ("{_printable(text)[:_LINE_CHARACTERS]}")' if text else ""


def _printable(text: str) -> str:
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def _excerpt(body: bytes) -> str:
    return body[:_TEXT_CHARACTERS].decode("utf-8", "replace")


def _target(headers: Mapping[str, str]) -> str:
    """Where a redirect leads, without its query: that may repeat a token."""
    try:
        parts = urlsplit(_header(headers, "location"))
        host = parts.hostname
    except ValueError:
        return "nowhere"
    return f"{parts.scheme}://{host}{parts.path}" if host else parts.path or "nowhere"


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def retry_after(headers: Mapping[str, str], now: datetime | None) -> float | None:
    """The seconds that `Retry-After` asks for; `now` stands in for the clock of an answer that has no `Date`."""
    value = _header(headers, "retry-after")
    if not value:
        return None
    return retry_after_seconds(value, http_date(_header(headers, "date")) or now)

"""Each row of the protocol's outcome matrix and error table has its verdict, and so has what proxies say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bulk_importer.datagym.answers.judging import FailureKind, judge_answer, judge_failure
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
from support.places import VECTORS

PAGE = b"<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1></body></html>"
SPRING = b'{"timestamp":"2021-12-01T00:00:00","status":404,"error":"Not Found","path":"/api/v1/nope"}'


def judge(status: int, body: bytes | Mapping[str, Any], **headers: str) -> Verdict:
    """The verdict on an answer; header names are written with underscores."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return judge_answer(status, named, body if isinstance(body, bytes) else json.dumps(body).encode())


def error(key: str, *params: str) -> dict[str, Any]:
    """An error object as the application writes it."""
    return {
        "key": key,
        "params": list(params),
        "msg": f"No msg available for key: {key}",
        "code": 0,
        "details": [],
    }


# Protocol 2.1, row by row.
OUTCOMES: list[tuple[str, int, bytes | Mapping[str, Any], Verdict]] = [
    ("accepted", 200, {"errorMessages": ""}, Accept()),
    (
        "malformed JSON",
        200,
        {"errorMessages": "line: 1, column: 28\nUnexpected character"},
        Refuse(
            "malformed_json",
            ("line: 1, column: 28\nUnexpected character",),
            "the server cannot parse the request",
        ),
    ),
    (
        "schema violations",
        200,
        {
            "errorMessages": "Schema validation failed with 1 error(s)\n\n#/3/keepData\n"
            "expected type: Boolean, found: String\n\n"
        },
        AgainInPart(
            {3: {"/keepData": ("expected type: Boolean, found: String",)}},
            "Schema validation failed with 1 error(s)",
        ),
    ),
    (
        "no or unknown token",
        401,
        error("ex_unauthorized"),
        Stop(StopKind.NOT_AUTHORISED, f"{in_words('ex_unauthorized')}, with status 401"),
    ),
    (
        "other organisation",
        403,
        error("ex_forbidden"),
        Stop(StopKind.NOT_AUTHORISED, f"{in_words('ex_forbidden')}, with status 403"),
    ),
    (
        "quota",
        402,
        error("ex_limit", "labels", "10", "10"),
        Stop(StopKind.LIMIT_REACHED, in_words("ex_limit", ["labels", "10", "10"])),
    ),
    (
        "project unknown",
        404,
        error("ex_notfound", "Project", "id", "x"),
        Stop(StopKind.PROJECT_NOT_FOUND, in_words("ex_notfound", ["Project", "id", "x"])),
    ),
    (
        "classification tree older than the configuration",
        404,
        error("ex_notfound", "LabelEntryValue", "lcEntryKey:", "k"),
        Refuse(
            "ex_notfound",
            ("LabelEntryValue", "lcEntryKey:", "k"),
            in_words("ex_notfound", ["LabelEntryValue", "lcEntryKey:", "k"]),
        ),
    ),
    (
        "unknown media",
        500,
        error("ex_gen_json_upload_not_found_task"),
        Refuse("ex_gen_json_upload_not_found_task", (), in_words("ex_gen_json_upload_not_found_task")),
    ),
    (
        "unknown class",
        500,
        error("ex_gen_wrong_entry_id", "truck"),
        Refuse("ex_gen_wrong_entry_id", ("truck",), in_words("ex_gen_wrong_entry_id", ["truck"])),
    ),
    (
        "wrong geometry",
        500,
        error("ex_gen_entry_value_validation", "POLYGON"),
        Refuse(
            "ex_gen_entry_value_validation",
            ("POLYGON",),
            in_words("ex_gen_entry_value_validation", ["POLYGON"]),
        ),
    ),
    (
        "wrong type",
        500,
        error("ex_gen_entry_type_not_found", "RECTANGLE"),
        Refuse(
            "ex_gen_entry_type_not_found",
            ("RECTANGLE",),
            in_words("ex_gen_entry_type_not_found", ["RECTANGLE"]),
        ),
    ),
    (
        "a key nobody has seen yet is a rollback all the same",
        500,
        error("ex_gen_new"),
        Refuse("ex_gen_new", (), "the server refused the request (ex_gen_new)"),
    ),
    ("deadlock or any exception", 500, error("ex_system"), Again(Cause.CONFLICT, in_words("ex_system"))),
    (
        "no body arrived",
        500,
        error("ex_gen_error_messages", "Unable to parse the content. No data available?"),
        Again(
            Cause.GARBLED,
            "the request did not arrive whole: Unable to parse the content. No data available?",
        ),
    ),
    (
        "the connection broke while the body was read",
        500,
        error("ex_gen_error_messages", "java.net.SocketTimeoutException"),
        Again(
            Cause.GARBLED,
            "the request did not arrive whole: java.net.SocketTimeoutException",
        ),
    ),
    (
        "our array is said to be none",
        500,
        error("ex_gen_error_messages", "A JSONArray text must start with '[' at 1 [character 2 line 1]"),
        Again(
            Cause.GARBLED,
            "the request did not arrive whole: A JSONArray text must start with '[' at 1 [character 2 line 1]",
        ),
    ),
    (
        "the second parser refuses what is in it",
        500,
        error("ex_gen_error_messages", "JSON nested too deeply at 512 [character 9 line 40]"),
        Refuse(
            "ex_gen_error_messages",
            ("JSON nested too deeply at 512 [character 9 line 40]",),
            in_words("ex_gen_error_messages", ["JSON nested too deeply at 512 [character 9 line 40]"]),
        ),
    ),
    (
        "a body that ends too soon",
        200,
        {"errorMessages": "line: 1, column: 26\nUnexpected end-of-input: expected close marker"},
        Again(Cause.GARBLED, "the request did not arrive whole"),
    ),
    (
        "a text that is not in the protocol",
        200,
        {"errorMessages": "no"},
        Refuse("error_messages", ("no",), "the server refused the request with a text"),
    ),
]


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [row[1:] for row in OUTCOMES],
    ids=[row[0] for row in OUTCOMES],
)
def test_the_application_s_words_decide(
    status: int, body: bytes | Mapping[str, Any], verdict: Verdict
) -> None:
    """What the application writes proves what is in the database."""
    assert judge(status, body) == verdict


@pytest.mark.parametrize(("status", "body", "verdict"), [row[1:] for row in OUTCOMES if row[1] != 200])
def test_an_error_object_means_the_same_under_any_status(
    status: int, body: bytes | Mapping[str, Any], verdict: Verdict
) -> None:
    """A proxy that rewrites the status does not turn a rollback into anything else."""
    assert type(judge(200, body)) is type(judge(503, body)) is type(verdict)


IN_DOUBT = [
    (200, b"", Cause.GARBLED),
    (200, b"   \r\n", Cause.GARBLED),
    (200, PAGE, Cause.UNAVAILABLE),
    (200, b"\xef\xbb\xbf<html>", Cause.UNAVAILABLE),
    (200, b'{"errorMessages":', Cause.GARBLED),
    (200, b'{"errorMessages":"', Cause.GARBLED),
    (200, b'{"errorMessages":null}', Cause.GARBLED),
    (200, b'{"errorMessages":[]}', Cause.GARBLED),
    (200, b'{"errorMessages":"  "}', Cause.GARBLED),
    (200, b'{"errormessages":""}', Cause.GARBLED),
    (200, b'["errorMessages"]', Cause.GARBLED),
    (200, b'""', Cause.GARBLED),
    (200, b"{}", Cause.GARBLED),
    (200, b"\xff\xfe\x00", Cause.GARBLED),
    (200, b"[" * 100_000, Cause.GARBLED),
    (200, b"9" * 100_000, Cause.GARBLED),
    (204, b"", Cause.GARBLED),
    (500, b"", Cause.GARBLED),
    (500, b'{"errorMessages":""}', Cause.GARBLED),
    (500, SPRING, Cause.GARBLED),
    (500, PAGE, Cause.GARBLED),
    (501, b"", Cause.GARBLED),
    (502, PAGE, Cause.UNAVAILABLE),
    (502, b"", Cause.UNAVAILABLE),
    (
        503,
        b"upstream connect error or disconnect/reset before headers. reset reason: connection termination",
        Cause.UNAVAILABLE,
    ),
    (503, b"<html><head><title>503 Backend fetch failed</title>", Cause.UNAVAILABLE),
    (504, PAGE, Cause.UNAVAILABLE),
    (520, PAGE, Cause.UNAVAILABLE),
    (524, PAGE, Cause.UNAVAILABLE),
    (0, b"", Cause.GARBLED),
    (-1, b"", Cause.GARBLED),
    (199, b"", Cause.GARBLED),
]


@pytest.mark.parametrize(("status", "body", "cause"), IN_DOUBT)
def test_what_may_have_reached_the_application_is_in_doubt(status: int, body: bytes, cause: Cause) -> None:
    """Where nobody said what became of the request, it must not be sent again."""
    verdict = judge(status, body)
    assert isinstance(verdict, InDoubt)
    assert verdict.cause is cause


NOT_EXECUTED = [
    (408, b"", Cause.TIMED_OUT),
    (413, PAGE, Cause.TOO_LARGE),
    (413, b"", Cause.TOO_LARGE),
    (421, b"", Cause.UNAVAILABLE),
    (425, b"", Cause.UNAVAILABLE),
    (429, b"", Cause.THROTTLED),
    (429, PAGE, Cause.THROTTLED),
    (503, b"", Cause.UNAVAILABLE),
    (503, PAGE, Cause.UNAVAILABLE),
    (
        503,
        b"upstream connect error or disconnect/reset before headers. reset reason: connection failure",
        Cause.UNAVAILABLE,
    ),
    (521, PAGE, Cause.UNAVAILABLE),
    (530, PAGE, Cause.UNAVAILABLE),
]


@pytest.mark.parametrize(("status", "body", "cause"), NOT_EXECUTED)
def test_what_was_turned_away_may_be_sent_again(status: int, body: bytes, cause: Cause) -> None:
    """These statuses say that the request was not executed."""
    verdict = judge(status, body)
    assert isinstance(verdict, Again)
    assert verdict.cause is cause
    assert verdict.after_seconds is None


@pytest.mark.parametrize(
    ("status", "body"), [(302, b""), (303, PAGE), (307, b""), (404, PAGE), (404, b""), (404, b"no route")]
)
def test_what_proxies_say_while_nothing_is_behind_them_is_waited_for(status: int, body: bytes) -> None:
    """A 404 of theirs, or a way to a maintenance page, is no reason to end a run that went well so far."""
    verdict = judge(status, body, location="https://status.example.org/back-soon")
    assert isinstance(verdict, Again)
    assert verdict.cause is Cause.UNAVAILABLE
    assert "status.example.org" in verdict.reason or status == 404


TURNED_AWAY = [
    (301, b"", StopKind.NOT_DATAGYM),
    (308, PAGE, StopKind.NOT_DATAGYM),
    (400, b"", StopKind.NOT_DATAGYM),
    (401, b"", StopKind.NOT_AUTHORISED),
    (401, PAGE, StopKind.NOT_AUTHORISED),
    (403, PAGE, StopKind.NOT_AUTHORISED),
    (404, SPRING, StopKind.NOT_DATAGYM),
    (405, b"", StopKind.NOT_DATAGYM),
    (407, PAGE, StopKind.PROXY_REFUSES),
    (422, PAGE, StopKind.NOT_DATAGYM),
    (431, b"", StopKind.NOT_DATAGYM),
]


@pytest.mark.parametrize(("status", "body", "kind"), TURNED_AWAY)
def test_what_is_turned_away_by_a_status_would_be_so_again(status: int, body: bytes, kind: StopKind) -> None:
    """A wrong address or a wrong token is the same for every batch; a disliked text for this one alone."""
    verdict = judge(status, body)
    assert isinstance(verdict, TurnedAway)
    assert verdict.kind is kind


def test_an_acceptance_needs_no_content_type() -> None:
    """The words count, whatever a proxy writes beside them."""
    assert judge(200, b'\xef\xbb\xbf {"errorMessages" : ""}\n', content_type="text/html") == Accept()
    assert judge(201, {"errorMessages": ""}) == Accept()


def test_a_refusal_counts_under_an_error_status_too() -> None:
    """A text is a rollback, whatever the status."""
    assert isinstance(judge(500, {"errorMessages": "line: 1, column: 2\nbad"}), Refuse)


def test_a_redirect_is_named_without_its_query() -> None:
    """A query may repeat the token."""
    verdict = judge(301, b"", location="https://user:pw@login.example.org/sso?token=SECRET")
    assert isinstance(verdict, TurnedAway)
    assert "login.example.org/sso" in verdict.reason
    assert "SECRET" not in verdict.reason
    assert "pw" not in verdict.reason


@pytest.mark.parametrize("location", ["", "/login?token=SECRET", "http://[", "::::"])
def test_a_junk_redirect_is_turned_away_too(location: str) -> None:
    """Whatever the target is, the verdict is the same."""
    verdict = judge(301, b"", location=location)
    assert isinstance(verdict, TurnedAway)
    assert "SECRET" not in verdict.reason


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_read_as_seconds_and_as_a_date(status: int) -> None:
    """A date is compared with the answer's own clock."""
    assert judge(status, b"", retry_after="120") == Again(
        Cause.THROTTLED if status == 429 else Cause.UNAVAILABLE, f"status {status}, an empty body", 120.0
    )
    dated = judge(
        status,
        b"",
        retry_after="Wed, 21 Oct 2015 07:30:00 GMT",
        date="Wed, 21 Oct 2015 07:28:00 GMT",
    )
    assert isinstance(dated, Again)
    assert dated.after_seconds == 120.0


def test_a_junk_retry_after_asks_for_nothing() -> None:
    """It changes when, never whether."""
    verdict = judge(503, b"", retry_after="soon", date="never")
    assert isinstance(verdict, Again)
    assert verdict.after_seconds is None


def test_header_names_are_found_in_any_case() -> None:
    """Clients differ in how they hand them over."""
    verdict = judge_answer(429, {"rEtRy-aFtEr": "7"}, b"")
    assert isinstance(verdict, Again)
    assert verdict.after_seconds == 7.0


FAILURES = {
    FailureKind.NOT_RESOLVED: Again,
    FailureKind.REFUSED: Again,
    FailureKind.TLS: Again,
    FailureKind.CONNECT_TIMEOUT: Again,
    FailureKind.WRITE_TIMEOUT: Again,
    FailureKind.WRITE_BROKEN: Again,
    FailureKind.CERTIFICATE: Stop,
    FailureKind.PROXY_LOGIN: Stop,
    FailureKind.DISCONNECTED: InDoubt,
    FailureKind.FIRST_BYTE_TIMEOUT: InDoubt,
    FailureKind.TOTAL_TIMEOUT: InDoubt,
    FailureKind.HALF_ANSWER: InDoubt,
    FailureKind.NOT_HTTP: InDoubt,
    FailureKind.ABORTED: InDoubt,
    FailureKind.NOT_PERMITTED: NotSent,
}


@pytest.mark.parametrize("kind", FailureKind)
def test_a_failure_is_safe_only_before_the_body_has_left(kind: FailureKind) -> None:
    """Half a body cannot be executed; a whole one may be."""
    assert type(judge_failure(kind)) is FAILURES[kind]


@pytest.mark.parametrize("kind", [FailureKind.REFUSED, FailureKind.NOT_RESOLVED, FailureKind.CONNECT_TIMEOUT])
def test_a_missing_connection_tells_of_an_outage(kind: FailureKind) -> None:
    """So the run pauses instead of blaming the batch."""
    verdict = judge_failure(kind)
    assert isinstance(verdict, Again)
    assert verdict.cause is Cause.UNREACHABLE


STAGES = {
    "parse": (Refuse, Again),
    "not an array": (Again,),
    "schema": (AgainInPart, Refuse),
    "crash": (Again,),
    "passes": (Accept, Refuse),
}


def test_every_recorded_answer_has_the_verdict_of_its_stage() -> None:
    """The recorded answers of a running server."""
    for case in json.loads((VECTORS / "schema.json").read_text()):
        verdict = judge(case["status"], case["answer"])
        assert isinstance(verdict, STAGES[case["stage"]]), case
        if isinstance(verdict, AgainInPart):
            assert set(verdict.messages) <= set(range(len(json.loads(case["body"])))), case


def test_every_recorded_answer_about_meaning_is_an_acceptance_or_a_rollback() -> None:
    """No answer of the application itself leaves a doubt."""
    cases = json.loads((VECTORS / "semantics.json").read_text())["cases"]
    for name, case in cases.items():
        for answer in case["answers"]:
            verdict = judge(answer["status"], answer["body"])
            assert isinstance(verdict, Accept if answer["status"] == 200 else (Refuse, Again)), name

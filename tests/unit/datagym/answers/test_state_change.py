"""Each answer to a request that completes or skips a task has its verdict."""

from __future__ import annotations

import json

import pytest

from bulk_importer.datagym.answers.state_change import (
    Busy,
    Changed,
    Ended,
    EndedBy,
    Refused,
    judge_state_change,
)


def error(key: str, *params: str) -> bytes:
    return json.dumps({"key": key, "params": params, "msg": "", "code": 500, "details": []}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"hasLabelConfigChanged":false,"currentTaskId":"t"}', Changed),
        (200, b"", Changed),
        (200, b"null", Changed),
        (500, error("ex_system"), Busy),
        (500, b"", Busy),
        (404, error("ex_notfound", "Label Task", "id", "t"), Refused),
        (500, error("ex_gen_entry_value_validation", "SELECT", "v"), Refused),
        (500, error("ex_gen_wrong_label_task_state", "t"), Refused),
    ],
)
def test_what_it_says_of_this_task(status: int, body: bytes, kind: type) -> None:
    assert isinstance(judge_state_change(status, body), kind)


@pytest.mark.parametrize(
    ("status", "body", "by"),
    [
        (200, b'{"hasLabelConfigChanged":true}', EndedBy.CONFIG),
        (200, b"<html>log in</html>", EndedBy.FOREIGN),
        (402, error("ex_limit", "LABEL", "5", "5"), EndedBy.QUOTA),
        (402, b"", EndedBy.QUOTA),
        (401, b"", EndedBy.ACCESS),
        (403, error("ex_forbidden"), EndedBy.ACCESS),
        (404, b"<html>no such page</html>", EndedBy.FOREIGN),
        (302, b"", EndedBy.FOREIGN),
    ],
)
def test_what_would_be_so_for_all_others(status: int, body: bytes, by: EndedBy) -> None:
    verdict = judge_state_change(status, body)
    assert isinstance(verdict, Ended)
    assert verdict.by is by


def test_it_tells_the_value_and_the_quota() -> None:
    refused = judge_state_change(500, error("ex_gen_entry_value_validation", "SELECT", "v1"))
    assert isinstance(refused, Refused)
    assert (refused.kind, refused.value_id) == ("SELECT", "v1")
    ended = judge_state_change(402, error("ex_limit", "LABEL", "4", "5"))
    assert isinstance(ended, Ended)
    assert ended.params == ("LABEL", "4", "5")
    assert isinstance(judge_state_change(500, b'{"key": 1, "params": 2}'), Busy)

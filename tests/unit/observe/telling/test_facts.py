"""What is told is bounded, and holds no secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulk_importer.observe.telling.facts import Told, ping_url

SUMMARY: dict[str, Any] = {
    "state": "complete",
    "exit_code": 1,
    "entries": 10,
    "delivered": 9,
    "rejected": 1,
    "skipped": 0,
    "in_doubt": 0,
    "owed": 0,
    "seconds": 2.5,
    "requests": 3,
    "retries": 0,
    "findings": {"class-unknown": 1},
    "source": "labels.json",
    "project": "p-1",
    "project_name": "streets",
    "server": "https://gym.test",
    "message": "",
}


def told(**facts: Any) -> Told:
    """What there is to tell of an import."""
    return Told(
        command="import", state="complete", exit_code=1, facts=SUMMARY | facts, folders=["/a/l.checkpoint"]
    )


def test_the_environment_says_how_it_ended() -> None:
    """In variables of their own."""
    environment = told().environment({"PATH": "/bin", "HOME": "/home/ana"})
    assert environment["PATH"] == "/bin"
    assert environment["BULK_IMPORT_STATE"] == "complete"
    assert environment["BULK_IMPORT_EXIT_CODE"] == "1"
    assert (environment["BULK_IMPORT_DELIVERED"], environment["BULK_IMPORT_IN_DOUBT"]) == ("9", "0")
    assert (
        environment["BULK_IMPORT_CHECKPOINT"] == environment["BULK_IMPORT_CHECKPOINTS"] == "/a/l.checkpoint"
    )


def test_neither_settings_nor_tokens_are_passed_on() -> None:
    """A command that is a bulk-importer itself would run itself again, without an end."""
    own = {
        "DATAGYM_TOKEN": "secret-one",
        "DATAGYM_FROM_TOKEN": "secret-two",
        "MY_COPY": "secret-one",
        "BULK_IMPORTER_ON_FINISH": "bulk-importer retry",
        "BULK_IMPORTER_HEADER": "X-Key: secret",
        "BULK_IMPORT_STATE": "of an earlier one",
        "AWS_PROFILE": "day",
    }
    environment = told().environment(own)
    assert not [value for value in environment.values() if "secret" in value or "bulk-importer" in value]
    assert (environment["AWS_PROFILE"], environment["BULK_IMPORT_STATE"]) == ("day", "complete")


def test_what_strangers_wrote_is_told_as_it_is_but_for_what_no_variable_holds() -> None:
    """A path that is not UTF-8 can be opened by the command; a NUL ends a variable."""
    environment = told(source="a\0b$(rm)\n\udcff").environment({})
    assert environment["BULK_IMPORT_SOURCE"] == "ab$(rm)\n\udcff"
    assert len(told(message="x" * 100_000).environment({})["BULK_IMPORT_MESSAGE"]) == 2000


def test_what_signs_a_url_is_told_to_nobody() -> None:
    """It would let anybody read the source."""
    one = told(source="https://files.test/l.json?X-Amz-Signature=secret")
    assert one.environment({})["BULK_IMPORT_SOURCE"] == "https://files.test/l.json"
    assert b"secret" not in one.body()


def test_the_facts_of_an_import_inside_are_told() -> None:
    """A migration and an undo have one."""
    one = Told(command="undo", state="failed", exit_code=6, facts={"import": SUMMARY, "media": 3})
    assert json.loads(one.body())["delivered"] == 9
    nothing = Told(command="undo", state="stopped", exit_code=9, facts={"import": None, "message": "No."})
    assert json.loads(nothing.body()) == {
        "command": "undo",
        "state": "stopped",
        "exit_code": 9,
        "message": "No.",
    }


def test_the_body_is_small_whatever_happened() -> None:
    """The codes that were found most often are told."""
    findings = {f"code-{number}": number for number in range(1000)}
    body = told(findings=findings, message="x" * 100_000, source="\udcff" * 9000).body()
    assert len(body) < 16_000
    assert json.loads(body)["findings"]["code-999"] == 999


@pytest.mark.parametrize(
    ("url", "word", "called"),
    [
        ("https://hc.test/uuid", "start", "https://hc.test/uuid/start"),
        ("https://hc.test/uuid/", "fail", "https://hc.test/uuid/fail"),
        ("https://hc.test/uuid", "", "https://hc.test/uuid"),
        ("https://hc.test/key/slug?create=1#x", "start", "https://hc.test/key/slug/start?create=1"),
        ("http://hc.test", "fail", "http://hc.test/fail"),
    ],
)
def test_the_word_stands_behind_the_path(url: str, word: str, called: str) -> None:
    """As healthchecks.io has it."""
    assert ping_url(url, word) == called

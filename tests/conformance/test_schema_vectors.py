"""`read_body` refuses bodies to the letter as the recorded server did.

`schema.json` comes from a running server. `schema-more.json` comes from the libraries that the server is
built on, with its formatter as measured; where a body passes, there is no answer of theirs.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from bulk_importer.sandbox.schema.body import RefusedBody, read_body
from support.places import VECTORS


def body_of(vector: Mapping[str, Any]) -> bytes:
    if "body_base64" in vector:
        return base64.b64decode(vector["body_base64"])
    return str(vector["body"]).encode()


def matches(vector: Mapping[str, Any]) -> bool:
    outcome = read_body(body_of(vector))
    if vector["stage"] == "passes":
        return isinstance(outcome, list)
    expected = vector["answer"]
    return (
        isinstance(outcome, RefusedBody)
        and outcome.status == vector["status"]
        and {key: outcome.answer[key] for key in expected} == expected
    )


@pytest.mark.parametrize("name", ["schema.json", "schema-more.json"])
def test_every_recorded_body_gets_its_recorded_answer(name: str) -> None:
    """Texts are compared as they are: the order of messages in a block is Java's, and reproduced."""
    vectors = json.loads((VECTORS / name).read_text("utf-8"))
    different = [body_of(vector) for vector in vectors if not matches(vector)]
    assert not different, f"{len(vectors) - len(different)} of {len(vectors)} matched; not: {different[:5]}"


def test_the_recorded_bodies_cover_every_stage() -> None:
    vectors = json.loads((VECTORS / "schema-more.json").read_text("utf-8"))
    assert {vector["stage"] for vector in vectors} == {"parse", "not an array", "schema", "crash", "passes"}

"""The innermost sender uploads the body of a batch."""

from __future__ import annotations

from bulk_importer.datagym.answers.verdicts import Accept, Verdict
from bulk_importer.transfer.sender.http import Http
from support.sending import BATCH, CONTEXT


async def test_the_body_is_uploaded_as_it_is() -> None:
    """The verdict on the answer is the verdict on the batch."""
    bodies: list[bytes] = []

    async def upload(body: bytes) -> Verdict:
        bodies.append(body)
        return Accept()

    assert await Http(upload).send(BATCH, CONTEXT) == Accept()
    assert bodies == [BATCH.body]

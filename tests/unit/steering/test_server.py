"""A run hears commands on a socket in the folder of its checkpoint, whatever else comes there."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import msgspec
import pytest

from bulk_importer.steering import Answer, Command, Limits, Standing
from bulk_importer.steering.client import NoAnswer, NobodyListens, ask
from bulk_importer.steering.server import SOCKET, ControlSocket, allowed_peer, reaching

STANDING = Standing(state="running")


class Obedient:
    """Does nothing, and keeps what it was asked for by whom."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def obey(self, command: Command, by: str) -> Answer:
        """As `Controls` has it."""
        self.asked.append((command.do, by))
        return Answer(standing=STANDING, said=command.limits.words)


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[Obedient]:
    """A run that hears commands in this folder."""
    controls = Obedient()
    opened = ControlSocket(controls, lambda _: "ana")
    opened.open(folder)
    try:
        yield controls
    finally:
        opened.close()


async def sent(folder: Path, *parts: bytes) -> bytes:
    """What is answered to these bytes, until the other side closes the connection."""
    with reaching(folder / SOCKET) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_question_is_answered_to_whoever_asks(tmp_path: Path) -> None:
    """With the name of who asks; and nobody else may connect."""
    async with listening(tmp_path) as controls:
        assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o600
        limits = Limits(max_in_flight=2, entries_per_second=0.5)
        answer = await asyncio.to_thread(ask, tmp_path, Command(do="limit", limits=limits))
        assert answer == Answer(standing=STANDING, said="2 in flight, 0.5 entries/s")
        assert controls.asked == [("limit", "ana")]
    assert not list(tmp_path.iterdir())


async def test_a_path_may_be_longer_than_the_address_of_a_socket(tmp_path: Path) -> None:
    """And of any letters; no link to it stays behind."""
    folder = tmp_path / ("ä" * 100) / ("b" * 200)
    folder.mkdir(parents=True)
    async with listening(folder):
        assert (folder / SOCKET).is_socket()
        assert (await asyncio.to_thread(ask, folder, Command(do="pause"))).standing == STANDING
    assert not list(folder.iterdir())


async def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    """Whoever asks there is told that nobody listens."""
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / SOCKET))
    left.close()
    with pytest.raises(NobodyListens):
        ask(tmp_path, Command(do="status"))
    async with listening(tmp_path):
        await asyncio.to_thread(ask, tmp_path, Command(do="status"))


async def test_the_socket_of_another_run_stays_its_own(tmp_path: Path) -> None:
    """It is not taken away from it, neither at the beginning nor at the end."""
    async with listening(tmp_path) as first:
        with pytest.raises(OSError, match="another process hears commands"):
            ControlSocket(Obedient()).open(tmp_path)
        await asyncio.to_thread(ask, tmp_path, Command(do="status"))
        assert first.asked
        (tmp_path / SOCKET).unlink()
        async with listening(tmp_path) as second:
            await asyncio.to_thread(ask, tmp_path, Command(do="status"))
            assert second.asked


async def test_who_is_not_allowed_is_not_heard(tmp_path: Path) -> None:
    """The connection is closed without a word."""
    controls = Obedient()
    opened = ControlSocket(controls, lambda _: None)
    opened.open(tmp_path)
    with pytest.raises(NoAnswer, match="does not let this user ask"):
        await asyncio.to_thread(ask, tmp_path, Command(do="stop"))
    opened.close()
    assert not controls.asked


@pytest.mark.parametrize(
    "garbage",
    [
        b'{"x":' + b"[" * 15_000 + b"\n",
        b"\n",
        b"GET / HTTP/1.1\r\n",
        b'{"do":1}\n',
        b"\xff\xfe\n",
        b'{"do":"x","limits":3}\n',
    ],
)
async def test_what_is_no_command_is_refused_in_words(garbage: bytes, tmp_path: Path) -> None:
    """And changes nothing."""
    async with listening(tmp_path) as controls:
        answer = msgspec.json.decode(await sent(tmp_path, garbage), type=Answer)
        assert answer.refused.startswith("That is no command: ")
        assert [do for do, _ in controls.asked] == ["status"]


async def test_a_question_that_never_ends_is_not_kept(tmp_path: Path) -> None:
    """Nor who leaves in the middle of one."""
    async with listening(tmp_path) as controls:
        assert await sent(tmp_path, *[b" " * 4096] * 40) == b""
        with reaching(tmp_path / SOCKET) as address:
            _, writer = await asyncio.open_unix_connection(address)
        writer.write(b'{"do":')
        writer.close()
        assert (await asyncio.to_thread(ask, tmp_path, Command(do="pause"))).standing == STANDING
        assert [do for do, _ in controls.asked] == ["pause"]


async def test_clients_that_say_nothing_are_let_go_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And as long as there are too many of them, others are sent away and not kept waiting."""
    monkeypatch.setattr("bulk_importer.steering.server._MOST_SECONDS", 0.1)
    async with listening(tmp_path):
        with reaching(tmp_path / SOCKET) as address:
            silent = [await asyncio.open_unix_connection(address) for _ in range(20)]
        for reader, writer in silent:
            assert await reader.read() == b""
            writer.close()
        assert (await asyncio.to_thread(ask, tmp_path, Command(do="pause"))).standing == STANDING


async def test_several_ask_at_once(tmp_path: Path) -> None:
    """Each has its answer."""
    async with listening(tmp_path) as controls:
        answers = await asyncio.gather(*(sent(tmp_path, b'{"do":', b'"pause"}\n') for _ in range(10)))
        assert len({*answers}) == 1
        assert len(controls.asked) == 10


async def test_an_end_does_not_wait_for_clients(tmp_path: Path) -> None:
    """They see that nobody is there any more."""
    async with listening(tmp_path):
        with reaching(tmp_path / SOCKET) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        await asyncio.sleep(0.01)
    assert await reader.read() == b""
    writer.close()


async def test_a_run_that_does_not_answer_is_not_waited_for_long(tmp_path: Path) -> None:
    """It was stopped by a signal, or is busy; and one that speaks otherwise is not understood."""
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / SOCKET))
        mute.listen()
        with pytest.raises(NoAnswer, match="said nothing"):
            ask(tmp_path, Command(do="status"), seconds=0.05)
    (tmp_path / SOCKET).unlink()

    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"[]\n")
        writer.close()

    async with await asyncio.start_unix_server(odd, tmp_path / SOCKET):
        with pytest.raises(NoAnswer, match="another version"):
            await asyncio.to_thread(ask, tmp_path, Command(do="status"))


class Peer:
    """A connection of which the kernel says who is at the other end."""

    def __init__(self, uid: int) -> None:
        self._uid = uid

    def getsockopt(self, *_: int) -> bytes:
        """As a socket has it."""
        return struct.pack("3i", 1, self._uid, 1)


@pytest.mark.parametrize(
    ("uid", "name"), [(os.geteuid(), True), (0, True), (os.geteuid() + 4711, False), (2**31 - 2, False)]
)
def test_only_the_same_user_and_root_may_ask(uid: int, name: bool) -> None:
    """Whatever the mode of the socket lets in."""
    assert (allowed_peer(cast("socket.socket", Peer(uid))) is not None) == name

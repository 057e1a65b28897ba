"""Hears commands on a unix socket in the folder of a checkpoint, in the event loop of the run.

Protocol: one line of JSON asks, a `Command`; one line answers, an `Answer`; then the connection is closed. The socket
is `control.sock` in the folder, with mode 0600. Where its path is too long for an address of a socket (108 bytes), it
is bound, and reached, by a link to the folder that lives for just as long as that takes (`reaching`).

Whoever asks is to be the user of this process, or root: the mode says so, and the kernel is asked again where it tells
who is at the other end. Questions are short, and have to come soon; clients are few at a time. What somebody sends or
leaves out, and how slowly, never keeps the run waiting: everything here is done without blocking.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from bulk_importer.steering.values import Answer, Command, Controls

__all__ = ["SOCKET", "ControlSocket", "allowed_peer", "reaching"]

SOCKET = "control.sock"
_LONGEST_ADDRESS = 107
"""Bytes of a path to a socket without the one that ends it; some systems have four less."""
_MOST_BYTES = 16 << 10
"""Of a question; the longest that can be meant has some hundred."""
_MOST_SECONDS = 5.0
"""That a question may take to come, and its answer to be taken."""
_MOST_CLIENTS = 16


class SocketTaken(OSError):
    """Another process hears commands there."""


class ControlSocket:
    """The socket of one run. `open` it in the event loop, `close` it there when the run is over.

    Args:
        controls: obeys what is asked.
        peer: the name of whoever is at the other end, or None where that one may not ask.
    """

    def __init__(self, controls: Controls, peer: Callable[[socket.socket], str | None] | None = None) -> None:
        self._controls = controls
        self._peer = peer or allowed_peer
        # Set by `open`, taken back by `close`; those who ask just now.
        self._listening: socket.socket | None = None
        self._path = Path()
        self._made: int | None = None
        self._clients: set[_Client] = set()

    def open(self, folder: Path) -> None:
        """Hear commands in this folder. What a run left there that was killed is cleared away.

        Raises:
            OSError: no socket can be made there, or another process has one there that is alive (`SocketTaken`).
        """
        path = folder / SOCKET
        _clear(path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with reaching(path) as address:
                listening.bind(address)
            # Nobody can connect before it listens.
            os.chmod(path, 0o600)
            listening.setblocking(False)
            listening.listen(_MOST_CLIENTS)
            self._path, self._made = path, os.stat(path).st_ino
        except OSError:
            listening.close()
            raise
        self._listening = listening
        asyncio.get_running_loop().add_reader(listening, self._accept)

    def close(self) -> None:
        """Hear nothing more, and clear the socket away. May be called more than once."""
        if self._listening is None:
            return
        asyncio.get_running_loop().remove_reader(self._listening)
        for client in tuple(self._clients):
            client.close()
        self._listening.close()
        self._listening = None
        with contextlib.suppress(OSError):
            if os.stat(self._path).st_ino == self._made:  # nobody has put another in its place
                self._path.unlink()

    def _accept(self) -> None:
        assert self._listening is not None
        try:
            connection, _ = self._listening.accept()
        except OSError:
            return  # whoever came is gone again, or no more files can be opened
        by = self._peer(connection)
        if by is None or len(self._clients) >= _MOST_CLIENTS:
            connection.close()
            return
        self._clients.add(_Client(connection, lambda command: self._controls.obey(command, by), self._left))

    def _left(self, client: _Client) -> None:
        self._clients.discard(client)


class _Client:
    """Somebody who asks: waits for the line, has it obeyed, and hands the answer over."""

    def __init__(
        self,
        connection: socket.socket,
        obey: Callable[[Command], Answer],
        left: Callable[[_Client], None],
    ) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._obey = obey
        self._left = left
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(_MOST_SECONDS, self.close)
        # What has come of the question; what is left to hand over of the answer.
        self._asked = b""
        self._answer = b""
        self._loop.add_reader(connection, self._read)

    def close(self) -> None:
        """Let go of the connection."""
        self._timer.cancel()
        self._loop.remove_reader(self._connection)
        self._loop.remove_writer(self._connection)
        self._connection.close()
        self._left(self)

    def _read(self) -> None:
        try:
            came = self._connection.recv(_MOST_BYTES)
        except BlockingIOError:
            return
        except OSError:
            came = b""
        self._asked += came
        line, ended, _ = self._asked.partition(b"\n")
        if ended:
            self._loop.remove_reader(self._connection)
            self._answer = self._answered(line)
            self._write()
        elif not came or len(self._asked) > _MOST_BYTES:
            self.close()

    def _answered(self, line: bytes) -> bytes:
        try:
            command = msgspec.json.decode(line, type=Command)
        except (msgspec.MsgspecError, RecursionError) as error:
            nothing = self._obey(Command(do="status"))
            answer = msgspec.structs.replace(nothing, refused=f"That is no command: {error}.")
        else:
            answer = self._obey(command)
        return msgspec.json.encode(answer) + b"\n"

    def _write(self) -> None:
        try:
            sent = self._connection.send(self._answer)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        self._answer = self._answer[sent:]
        if self._answer:
            self._loop.add_writer(self._connection, self._write)
        else:
            self.close()


def allowed_peer(connection: socket.socket) -> str | None:
    """The name of the user at the other end of a connection, where that is the one of this process, or root.

    Where the system does not tell, the mode of the socket alone keeps others out, and it is the one of this process.
    """
    uid = os.geteuid()
    if hasattr(socket, "SO_PEERCRED"):
        form = struct.Struct("3i")
        try:
            asked = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size)
        except OSError:
            return None
        _, peer, _ = form.unpack(asked)
        if peer not in (uid, 0):
            return None
        uid = peer
    return _name(uid)


def _name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


@contextlib.contextmanager
def reaching(path: Path) -> Iterator[str]:
    """An address by which the socket at `path` can be bound or connected to, while the context lasts."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="bi-", dir=_short_folder()) as short:  # with mode 0700
        link = Path(short, "f")
        link.symlink_to(path.parent.absolute())
        yield str(link / path.name)


def _short_folder() -> str | None:
    """Where links are put: the folder for temporary files, unless that is long as well."""
    import tempfile

    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) < _LONGEST_ADDRESS // 2 else "/tmp"  # noqa: S108 - mode 0700 in it


def _clear(path: Path) -> None:
    """Clear away what a killed run left. Raises `OSError` where it cannot be, or somebody listens there."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trying, reaching(path) as address:
        trying.settimeout(1.0)
        try:
            trying.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
    raise SocketTaken(f"another process hears commands at {path}")

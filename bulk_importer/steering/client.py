"""Asks a run that another process is doing something, through the socket in the folder of its checkpoint.

Blocks, but never for longer than a given time.
"""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec

from bulk_importer.steering.server import SOCKET, reaching
from bulk_importer.steering.values import Answer, Command

__all__ = ["NoAnswer", "NobodyListens", "ask"]

_MOST_BYTES = 1 << 20


class NobodyListens(Exception):
    """There is no run that hears commands: no socket, or one that a killed run left."""


class NoAnswer(Exception):
    """Somebody listens and does not answer, or may not be asked; the text says which, as the end of a sentence."""


def ask(folder: Path, command: Command, *, seconds: float = 10.0) -> Answer:
    """Ask the run over the checkpoint in `folder`.

    Raises:
        NobodyListens: no run hears commands there.
        NoAnswer: it did not answer within so many seconds, or not in a way that is understood here, or this user may
            not ask it.
    """
    path = folder / SOCKET
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, reaching(path) as address:
        connection.settimeout(seconds)
        try:
            connection.connect(address)
            connection.sendall(msgspec.json.encode(command) + b"\n")
            line = _line(connection)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NobodyListens from error
        except PermissionError as error:
            raise NoAnswer("it belongs to another user") from error
        except TimeoutError as error:
            raise NoAnswer(f"it said nothing for {seconds:.0f} s") from error
        except (BrokenPipeError, ConnectionResetError):
            line = b""
        except OSError as error:
            raise NoAnswer(error.strerror or str(error)) from error
    if not line:
        raise NoAnswer("it does not let this user ask, or too many ask at a time")
    try:
        return msgspec.json.decode(line, type=Answer)
    except msgspec.MsgspecError as error:
        raise NoAnswer("what it says is not understood; is it another version of bulk-importer?") from error


def _line(connection: socket.socket) -> bytes:
    """What comes, up to the end of the line or of the connection; all that is bounded."""
    came = b""
    while not came.endswith(b"\n") and len(came) < _MOST_BYTES:
        more = connection.recv(1 << 16)
        if not more:
            break
        came += more
    return came

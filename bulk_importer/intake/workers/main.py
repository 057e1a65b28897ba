"""The program of a worker process: takes jobs from its socket, answers each, ends when the socket does."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
import struct
import traceback

from bulk_importer.intake.job import Failure, Job, JobResult
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.workers.perform import perform
from bulk_importer.sources.pread import read_at

__all__ = ["serve"]

_COLLECT_AFTER = 200_000
_FRAME = struct.Struct("<Q")


def serve(descriptor: str) -> None:
    """Do jobs until the other end of the socket is closed, then end the process without further ado."""
    # Whoever signals the group means the importer, which decides what becomes of its workers.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(descriptor)) as link:
        try:
            make_judge, source = pickle.loads(_framed(link))  # noqa: S301 - from our own parent
            judge: Judge = make_judge()
            # An entry is thousands of objects that live for microseconds and hold no cycles. What is loaded now stays.
            gc.freeze()
            gc.set_threshold(_COLLECT_AFTER)
            gc.enable()
            while True:
                job, size = pickle.loads(_framed(link))  # noqa: S301 - from our own parent
                # Nothing is what a stream has that is read again where it ended.
                data = _exactly(link, size) if size or not job.length else None
                _answer(link, _attempt(judge, job, data, source))
        except (EOFError, ConnectionError):
            # Not `sys.exit`: there is nothing to tidy up, and the parent waits.
            os._exit(0)


def _attempt(judge: Judge, job: Job, data: bytes | None, source: int | None) -> JobResult | Failure:
    try:
        if data is None:
            assert source is not None
            data = read_at(source, job.length, job.offset)
            if len(data) < job.length:
                return Failure("it became shorter while it was read", source_at_fault=True)
        return perform(judge, job, data)
    except OSError as error:
        return Failure(f"{error.strerror} at byte {job.offset}", source_at_fault=True)
    except Exception:  # noqa: BLE001 - whatever it is, the parent must hear of it
        return Failure(traceback.format_exc(limit=-4), source_at_fault=False)


def _answer(link: socket.socket, result: JobResult | Failure) -> None:
    pickled = pickle.dumps(result, protocol=5)
    link.sendall(_FRAME.pack(len(pickled)))
    link.sendall(pickled)


def _framed(link: socket.socket) -> bytes:
    (length,) = _FRAME.unpack(_exactly(link, _FRAME.size))
    return _exactly(link, length)


def _exactly(link: socket.socket, length: int) -> bytes:
    """The next `length` bytes. Raises `EOFError` where the other end is closed."""
    pieces = []
    while length:
        piece = link.recv(min(length, 1 << 20), socket.MSG_WAITALL)
        if not piece:
            raise EOFError
        pieces.append(piece)
        length -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)

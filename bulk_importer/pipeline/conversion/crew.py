"""Converts the shares of a source: in child processes, or here where there is little of it.

A child is given what entries are made by (`Terms`), then shares, one at a time, and gives back a batch for each; both
ways go pickles, through its standard input and output. It ends when its input does. Batches come in the order of the
shares, whichever child made them. What fails in a child, or is with one that dies, is done again here, where it can be
said why. Before there are shares, children do what a reader wants spread over them (`Choices.spread`).

A child has its next share before it has given back the one that it converts, so that it waits for nobody: where there
is other work, it may take as long until this process is awake as it takes to convert one.

Memory: of each child, two shares and a batch; here, as many batches as shares are with children, and one.
"""

from __future__ import annotations

import os
import pickle
import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock
from types import TracebackType
from typing import IO, Any, NamedTuple, Self, TypeAlias

from bulk_importer.formats.converting import Batch, Converter, Terms
from bulk_importer.formats.model import Left
from bulk_importer.formats.sharing import Plan, Share
from bulk_importer.machine.children import child_command, make_roomy
from bulk_importer.machine.malloc import reuse_large_blocks

__all__ = ["Crew"]

_EACH = 2
"""How many shares a child has at a time."""


class Crew:
    """Makes batches of the shares of plans; children live as long as it is open.

    Args:
        here: what shares are converted by in this process.
        abroad: the same in a child; it can be pickled.
        width: how many children there are; none is started before there is a share.
    """

    def __init__(self, here: Terms, abroad: Terms, width: int) -> None:
        # `_idle` holds a child as often as it can take a share, and None in place of one that died or could not be
        # started. Changed by `_start` alone: `_children`, and `_started`, which counts those that were tried.
        self._here = Converter(here)
        self._members = here.members
        self._width = width
        self._most = _EACH * width
        self._abroad = abroad
        self._idle: SimpleQueue[_Child | None] = SimpleQueue()
        self._children: list[_Child] = []
        self._started = 0
        self._threads = ThreadPoolExecutor(max(self._most, 1), thread_name_prefix="conversion")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the children at once, and what is waited for with them."""
        for child in self._children:
            child.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for child in self._children:
            child.close()

    def batches(self, plan: Plan) -> Iterator[Batch | Left]:
        """What becomes of a plan, in its order. Raises as `Share.read` and `Plan.shares` do."""
        if not self._width:
            for share in plan.shares():
                yield share if isinstance(share, Left) else self._here.convert(plan.ground, share)
            return
        self._start()
        waiting: deque[Left | tuple[Share, Future[Batch | None]]] = deque()
        for share in plan.shares():
            if isinstance(share, Left):
                waiting.append(share)
            else:
                waiting.append((share, self._threads.submit(self._ask, _ToConvert(plan.ground, share))))
            while waiting and (isinstance(waiting[0], Left) or len(waiting) > self._most):
                yield self._done(plan, waiting.popleft())
        while waiting:
            yield self._done(plan, waiting.popleft())

    def spread(self, function: Callable[[Any, Any], Any], arguments: Iterable[Any]) -> Iterator[Any]:
        """What a function gives of the members and each argument, in their order, as `Choices.spread` says."""
        self._start()
        waiting: deque[tuple[Any, Future[Any]]] = deque()
        for argument in arguments:
            waiting.append((argument, self._threads.submit(self._ask, _ToCall(function, argument))))
            if len(waiting) > self._most:
                yield self._called(function, *waiting.popleft())
        while waiting:
            yield self._called(function, *waiting.popleft())

    def _called(self, function: Callable[[Any, Any], Any], argument: Any, asked: Future[Any]) -> Any:
        found = asked.result()
        return function(self._members, argument) if found is None else found

    def _done(self, plan: Plan, one: Left | tuple[Share, Future[Batch | None]]) -> Batch | Left:
        if isinstance(one, Left):
            return one
        share, asked = one
        return asked.result() or self._here.convert(plan.ground, share)

    def _start(self) -> None:
        started: list[_Child | None] = []
        for _ in range(self._width - self._started):
            self._started += 1
            try:
                self._children.append(_Child(self._abroad))
            except OSError:  # of a system that has no room for one; what it would do is done here
                started.append(None)
            else:
                started.append(self._children[-1])
        for child in started * _EACH:
            self._idle.put(child)

    def _ask(self, order: _Order) -> Any:
        """What a child makes of an order; None where it cannot. Runs in a thread."""
        child = self._idle.get()
        try:
            return None if child is None else child.ask(order)
        except (OSError, EOFError, pickle.PickleError):
            child = None
            return None
        finally:
            self._idle.put(child)


class _ToConvert(NamedTuple):
    """A share that is to be converted; the ground is None where it is that of the share before."""

    ground: Any
    share: Share


class _ToCall(NamedTuple):
    """A function of a module that is to be called with the members and an argument."""

    function: Callable[[Any, Any], Any]
    argument: Any


_Order: TypeAlias = _ToConvert | _ToCall


class _Child:
    """One child process."""

    def __init__(self, terms: Terms) -> None:
        # Changed by `_order`: the terms that are not sent yet, and the ground that was sent last. Who has sent an order
        # is the next to receive.
        self._terms: Terms | None = terms
        self._ground: Any = None
        self._sending = Lock()
        self._receiving = Lock()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            child_command(__name__, "serve"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            make_roomy(pipe)

    def ask(self, order: _Order) -> Any:
        """Have something done; a second thread may ask meanwhile.

        Raises `OSError`, `EOFError` or `PickleError` where the process is gone.
        """
        with self._sending:
            self._order(order)
            self._receiving.acquire()
        try:
            assert self._process.stdout is not None
            return pickle.load(self._process.stdout)  # noqa: S301 - from our own child
        finally:
            self._receiving.release()

    def _order(self, order: _Order) -> None:
        to = self._process.stdin
        assert to is not None
        if self._terms is not None:
            _send(self._terms, to)
            self._terms = None
        if isinstance(order, _ToConvert):
            is_known, self._ground = order.ground is self._ground, order.ground
            order = _ToConvert(None, order.share) if is_known else order
        _send(order, to)

    def kill(self) -> None:
        """End the process at once: it holds nothing that could be lost."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Give back its pipes."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):  # of what it did not take any more
                pipe.close()


def _send(what: object, to: IO[bytes]) -> None:
    pickle.dump(what, to, protocol=5)
    to.flush()


def serve() -> None:
    """Be a child: convert what comes in until nothing does, then end the process without further ado."""
    import gc
    import signal
    import sys

    # Whoever signals the group means the importer, which decides what becomes of its children.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    reuse_large_blocks()
    source, back = sys.stdin.buffer, sys.stdout.buffer
    try:
        terms = pickle.load(source)  # noqa: S301 - from our own parent
        converter, ground = Converter(terms), None
        # Rows are objects by the thousand that live for milliseconds and hold no cycles. What is loaded now stays.
        gc.freeze()
        gc.set_threshold(200_000)
        gc.enable()
        while True:
            order: _Order = pickle.load(source)  # noqa: S301 - from our own parent
            found: Any = None
            # What fails is done again by the parent, and said there.
            with suppress(Exception):
                if isinstance(order, _ToCall):
                    found = order.function(terms.members, order.argument)
                else:
                    ground = ground if order.ground is None else order.ground
                    found = converter.convert(ground, order.share)
            _send(found, back)
    except (EOFError, OSError):
        os._exit(0)

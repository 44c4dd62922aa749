"""Simulated time and turns: whatever happens is in one queue, by instant, and exactly one worker runs at a time.

A worker is a thread, because handlers are synchronous. It keeps its turn until it pauses, which is before and after
every call of a client; then whoever is next by the simulated clock goes on. So the seed alone decides who meets whom.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from threading import Lock, Thread
from typing import Final, TypeAlias

from milepost.domain.instant import Duration, Instant

_Work: TypeAlias = Callable[[], None]


class StuckError(Exception):
    """The simulation does not come to an end."""


class _Worker(Thread):
    """A thread that waits for work, does it, and waits again; starting one for each invocation would cost more."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.turn = Lock()
        self.turn.acquire()
        self.work: _Work | None = None
        self.kernel: Kernel | None = None
        self.start()

    def run(self) -> None:
        while True:
            self.turn.acquire()
            kernel, work = self.kernel, self.work
            if kernel is None or work is None:
                raise RuntimeError("a worker has got a turn and no work")
            try:
                work()
            except BaseException as error:  # noqa: BLE001  # Raised again where the seed is run.
                kernel.failure = error
            self.work = None
            kernel.leave(self)


IDLE: Final[list[_Worker]] = []
"""Workers between two seeds, of this process."""
_MOST_TURNS: Final = 200_000


class Kernel:
    """One simulated world's time."""

    def __init__(self, begin: Instant) -> None:
        self.now = begin
        self.main = Lock()
        self.main.acquire()
        self.failure: BaseException | None = None
        self._queue: list[tuple[Instant, int, _Work | _Worker]] = []
        self._number = 0
        self._until = begin
        self._current: _Worker | None = None

    def at(self, instant: Instant, action: _Work) -> None:
        """Do this then, or now if it is past; whatever pauses has to be started by `start`."""
        self._put(max(instant, self.now), action)

    def start(self, work: _Work) -> None:
        """Let a worker do this, from now on, in turns with all others."""
        worker = IDLE.pop() if IDLE else _Worker()
        worker.work, worker.kernel = work, self
        self._put(self.now, worker)

    def pause(self, duration: Duration) -> None:
        """Let time pass for the worker whose turn it is, and others have theirs."""
        worker = self._current
        if worker is None:
            raise RuntimeError("only a worker can pause")
        instant = self.now + duration
        is_next = instant <= self._until and (not self._queue or instant < self._queue[0][0])
        if is_next and self.failure is None and self._number < _MOST_TURNS:
            self._number, self.now = self._number + 1, instant
            return
        self._put(instant, worker)
        if self._next() is not worker:
            worker.turn.acquire()

    def run(self, until: Instant) -> None:
        """Let everything happen up to this instant.

        Raises:
            StuckError: there is no end to it.
        """
        self._until = until
        self._next()
        self.main.acquire()
        if self.failure is not None:
            raise self.failure
        self.now = until

    def leave(self, worker: _Worker) -> None:
        """A worker has done its work, and may be given another."""
        self._current = None
        IDLE.append(worker)
        self._next()

    def _next(self) -> "_Worker | None":
        """Do what is next, in whichever thread this is, until it is a worker's turn: that one, or None at the end."""
        worker, self._current = self._current, None
        try:
            while self.failure is None and self._queue and self._queue[0][0] <= self._until:
                instant, _, what = heappop(self._queue)
                self.now = max(self.now, instant)
                if isinstance(what, _Worker):
                    self._current = what
                    if what is not worker:
                        what.turn.release()
                    return what
                what()
        except BaseException as error:  # noqa: BLE001  # Raised again where the seed is run.
            self.failure = error
        self.main.release()
        return None

    def _put(self, instant: Instant, what: _Work | _Worker) -> None:
        self._number += 1
        if self._number > _MOST_TURNS:
            self.failure = StuckError(f"no end after {_MOST_TURNS} turns")
        heappush(self._queue, (instant, self._number, what))

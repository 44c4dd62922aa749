"""Workers of ingest in processes of their own, and whoever kills them, and other functions', in the middle."""

import os
import signal
import subprocess  # nosec B404  # Workers are processes of their own, so that they can be killed.
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Event, Thread
from typing import Final, NamedTuple

from milepost_tools.local.processes import processes_of
from milepost_tools.local.stack import Stack
from milepost_tools.problem import ProblemError

_LOOK: Final = 0.002
_INTO: Final = 0.04
"""Seconds: how often to look for somebody at work, and how far into the batch to wait at most."""
_PATIENCE: Final = 8.0


@dataclass(eq=False, slots=True)
class _Worker:
    """One process, and what it said last: messages in hand, and how many of them somebody had before."""

    process: "subprocess.Popen[bytes]"
    reader: Thread
    in_hand: int = 0
    again: int = 0


class Kill(NamedTuple):
    """What a kill hit: how many messages the worker had in hand, and how many others had some."""

    in_hand: int
    others: int


@dataclass(slots=True)
class Crew:
    """So many workers, whoever is killed among them. `others` counts kills of the other functions' workers."""

    stack: Stack
    environment: Mapping[str, str]
    size: int
    workers: list[_Worker] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    others: int = 0
    batches: int = 0
    together: int = 0
    """Batches that were taken while another worker had one."""
    came_again: int = 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Work while the block lasts."""
        try:
            for _ in range(self.size):
                self._hire()
            yield
        finally:
            for each in self.workers:
                each.process.kill()
                each.process.wait()
                each.reader.join()

    def check(self) -> None:
        """Raise ProblemError if a worker has ended that nobody killed."""
        if any(each.process.poll() is not None for each in self.workers):
            raise ProblemError("A worker has ended by itself.", "What it wrote stands above.")

    def torment(self, over: Event, interval: float, draw: Random) -> None:
        """Kill somebody every so many seconds until it is over; every other time whoever gets those messages next."""
        for number in count():
            if over.wait(interval * draw.uniform(0.5, 1.5)):
                return
            self._kill(draw, again=False)
            if number % 2 == 0:
                self._kill(draw, again=True)
            for pid in processes_of(self.stack, draw.choice(("publish", "settle"))):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.others += 1

    def _kill(self, draw: Random, *, again: bool) -> None:
        """Kill a worker in a batch while another has one too, failing that anybody; or one with what came again."""
        deadline = time.monotonic() + _PATIENCE
        found: list[_Worker] = []
        while not found and time.monotonic() < deadline:
            time.sleep(_LOOK)
            busy = [each for each in self.workers if each.in_hand]
            found = [each for each in busy if (each.again if again else len(busy) > 1)]
        if not found and again:
            return
        worker = draw.choice(found or self.workers)
        time.sleep(0.0 if again else draw.uniform(0, _INTO))
        others = sum(each.in_hand > 0 for each in self.workers if each is not worker)
        self.workers.remove(worker)
        worker.process.kill()
        worker.process.wait()
        worker.reader.join()  # What it said to the last: only then is it known what it had in hand.
        self.kills.append(Kill(worker.in_hand, others))
        self._hire()

    def _hire(self) -> None:
        heard, said = os.pipe()
        module, url = "milepost_tools.prove.local.worker", self.stack.event_queue_url
        process = subprocess.Popen(  # nosec B603  # Our own module.
            [sys.executable, "-m", module, url, str(said)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            pass_fds=(said,),
        )
        os.close(said)
        worker = _Worker(process, Thread(target=lambda: self._listen(heard, worker)))
        self.workers.append(worker)
        worker.reader.start()

    def _listen(self, descriptor: int, worker: _Worker) -> None:
        with os.fdopen(descriptor) as lines:
            for line in lines:
                worker.in_hand, worker.again = map(int, line.split())
                self.batches += worker.in_hand > 0
                self.came_again += worker.again
                self.together += worker.in_hand > 0 and sum(each.in_hand > 0 for each in self.workers) > 1

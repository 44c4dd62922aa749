"""One seed: stretches in which people do things and much goes wrong, gaps between, and an end where all must rest."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from random import Random
from typing import Final

from milepost.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant
from milepost_tools.prove.checker.laws import judge
from milepost_tools.prove.faults import Faults
from milepost_tools.prove.functions import simulated
from milepost_tools.prove.kernel import StuckError
from milepost_tools.prove.stack import Size, Stack
from milepost_tools.prove.workload import STRETCH, Workload

STORE_CALLS: Final = 200
"""A seed with fewer goes on for longer."""
WORKERS: Final = 4
"""A seed in which never so many run at once does too."""
_BEFORE_THE_END: Final = 170
"""Store calls that are wanted by the end of all trouble; what is left to do then brings the rest, mostly."""
_STRETCHES: Final = 2
_CHECKED: Final = 64
"""Of so many seeds one has every request validated."""
_GAPS: Final = (HOUR // 2, 2 * HOUR, 5 * HOUR, 20 * HOUR, DAY + HOUR, 3 * DAY)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a seed; `wrong` is empty if all is well, and `trace` names its history."""

    seed: int
    wrong: tuple[str, ...]
    calls: int = 0
    store_calls: int = 0
    crowd: int = 0
    overlaps: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    trace: str = ""


def run_seed(seed: int, watcher: Callable[[str], None] | None = None, without: Collection[str | int] = ()) -> Result:
    """Run a seed and judge it; `without` some kinds of faults and some of its messages, by their number."""
    draw = Random(seed)  # noqa: S311  # nosec B311  # Nothing secret: the same seed is the same history.
    history = _History(draw, watcher, without)
    return judged(seed, history.stack, history.play)


def judged(seed: int, stack: Stack, play: Callable[[], None]) -> Result:
    """Let a history happen, and judge it."""
    world = stack.world
    with simulated(world):
        try:
            play()
            wrong = judge(stack.evidence())
        except StuckError as error:
            wrong = [str(error)]
    trace = blake2b(repr(world.trace).encode(), digest_size=8).hexdigest()
    figures = (world.calls, world.store_calls, world.crowd, world.overlaps, +world.faults.count, trace)
    return Result(seed, tuple(wrong), *figures)


class _History:
    """What people do to a stack, and what goes wrong with it for a while."""

    def __init__(self, draw: Random, watcher: Callable[[str], None] | None, without: Collection[str | int]) -> None:
        self.draw, self.without = draw, without
        faults, hot = Faults(draw), draw.random() < 0.06  # noqa: PLR2004  # It takes long.
        faults.leave_out(each for each in without if isinstance(each, str))
        single = draw.random() < 0.15  # noqa: PLR2004  # The other way is what is deployed.
        faults.count.update({"hot subject": hot, "single writes": single})
        self._erases = draw.random() < 0.2  # noqa: PLR2004  # One seed in five.
        self._switch_in = draw.choice((1, 2, None, None))
        size = Size(
            12 if hot else 3, 1 if hot else draw.choice((1, 2, 4)), draw.choice((2, 4, 10)), draw.randrange(2, 9)
        )
        size = replace(size, writes="single" if single else "batch")
        self.stack = Stack(faults, Workload(draw, hot=hot), size, watcher)
        self.stack.world.engine.checked = draw.randrange(_CHECKED) == 0

    def play(self) -> None:
        """The whole history."""
        kernel, stretches = self.stack.world.kernel, 0
        if self._erases:
            self.stack.send(self.stack.work.leaver(kernel.now))
            self.stack.erase(kernel.now + self.draw.choice((61 * SECOND, 62 * SECOND, 65 * SECOND, 2 * MINUTE, HOUR)))
        while stretches < _STRETCHES or not self._suffices(_BEFORE_THE_END):
            stretches += 1
            self.stack.come_back()
            if stretches == self._switch_in:
                self.stack.deploy(kernel.now)
            self._stretch(1 if self._suffices(0) else 2 + 2 * stretches, last=stretches == _STRETCHES)
        kernel.run(kernel.now + self.draw.choice((0, HOUR, 2 * DAY, 14 * DAY)))
        self.stack.come_to_rest()
        while not self._suffices(STORE_CALLS):
            self._stretch(8)
            self.stack.come_to_rest()

    def _suffices(self, store_calls: int) -> bool:
        world = self.stack.world
        return world.store_calls >= store_calls and world.crowd >= WORKERS

    def _stretch(self, events: int, *, last: bool = False) -> None:
        """Some minutes of much to do, with a sweep now and then, and a gap in which there may be none."""
        kernel, strike, begin = self.stack.world.kernel, self.stack.clock.strike, self.stack.world.kernel.now
        self._trouble(begin)
        known = len(self.stack.work.sent)
        sends = self.stack.work.stretch(begin, events + self.draw.randrange(4), last=last)
        left_out = {
            id(each) for number, each in enumerate(self.stack.work.sent[known:], known) if number in self.without
        }
        self.stack.send(each for each in sends if id(each[1]) not in left_out)
        self.stack.work.sent[known:] = [each for each in self.stack.work.sent[known:] if id(each) not in left_out]
        faults, gap = self.stack.world.faults, self.draw.choice(_GAPS) + self.draw.randrange(HOUR) // SECOND * SECOND
        spans = self.draw.choices((4 * HOUR, gap), k=self.draw.randrange(4))
        later = (STRETCH + self.draw.randrange(span) for span in spans)
        for delay in (0, MINUTE, *later):
            kernel.at(begin + delay, strike)
            if faults.happens("sweep again"):
                kernel.at(begin + delay + self.draw.randrange(4 * SECOND), strike)
        kernel.run(begin + STRETCH)
        self.stack.look_for_forgotten()
        kernel.run(begin + STRETCH + gap)

    def _trouble(self, begin: Instant) -> None:
        """What goes wrong with a whole stretch."""
        kernel, faults = self.stack.world.kernel, self.stack.world.faults
        lost = faults.draw.random() < faults.rates["stream lost"]
        for shard in self.stack.shards:
            shard.lost = lost
        if faults.happens("ingest off"):
            until = begin + self.draw.choice((HOUR, 3 * HOUR, 5 * HOUR))
            off_from = begin + self.draw.choice((0, 30 * SECOND))
            kernel.at(off_from, lambda: self.stack.sources["ingest"].switch_off(until))
            for hour in range(1, 5):
                kernel.at(begin + hour * HOUR, self.stack.clock.strike)

"""Where functions run: clocks that are wrong, calls that take their time and go wrong, and who met whom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError, ReadTimeoutError

from milepost.domain.instant import SECOND, Duration, Instant
from milepost_tools.prove.checker.evidence import Told
from milepost_tools.prove.faults import CrashError, Faults
from milepost_tools.prove.kernel import Kernel
from milepost_tools.prove.queues import Queue
from milepost_tools.prove.recorded import Recorded

_BUSY: Final = {"dynamodb": "ThrottlingException", "sqs": "RequestThrottled", "sns": "Throttled"}


@dataclass(slots=True)
class World:
    """What all workers share."""

    kernel: Kernel
    faults: Faults
    engine: Recorded
    queues: Mapping[str, Queue]
    told: list[Told] = field(default_factory=list)
    trace: list[tuple[Instant, str, str, str | None]] = field(default_factory=list)
    calls: int = 0
    store_calls: int = 0
    overlaps: int = 0
    """How often somebody wrote what another was between reading and writing."""
    running: int = 0
    crowd: int = 0
    """How many invocations there ever were at once."""
    ticked: list[str] = field(default_factory=list)
    """Subjects that two ticks were worked off for at once."""
    machines: list["Machine"] = field(default_factory=list)
    codecs: dict[int, Any] = field(default_factory=dict)
    watcher: Callable[[str], None] | None = None

    def note(self, machine: str, what: str, fault: str | None = None, more: object = "") -> None:
        """Remember a turn; show it, if somebody watches."""
        self.trace.append((self.kernel.now, machine, what, fault))
        if self.watcher is not None:
            seconds = self.kernel.now / SECOND
            self.watcher(f"{seconds:.3f} {machine:10} {what}{f' [{fault}]' if fault else ''} {more}".rstrip())


@dataclass(slots=True)
class Machine:
    """Where a function runs: its own clock, one invocation at a time, which has to be over by `ends`."""

    name: str
    world: World
    skew: Duration
    ends: Instant = 0
    reading: set[str] = field(default_factory=set)
    """Subjects that it has read and has not written yet."""

    def now(self) -> Instant:
        """The time by its clock."""
        return self.world.kernel.now + self.skew

    def pause(self, duration: Duration) -> None:
        """Let time pass; whoever overstays is killed."""
        self.world.kernel.pause(duration)
        if self.world.kernel.now > self.ends:
            self.world.faults.count["timed out"] += 1
            raise CrashError

    def call(self, service: str, name: str, act: Callable[[str | None], Any], more: object = "") -> Any:  # noqa: ANN401
        """Let a call take place, or not, or twice. `act` is told what goes wrong in it."""
        world, faults = self.world, self.world.faults
        world.calls += 1
        number = world.calls
        world.store_calls += service == "dynamodb"
        self.pause(faults.latency())
        fault = faults.of_call(number)
        if fault is not None:
            faults.count[f"partial.{service}" if fault == "partial" else fault] += 1
        world.note(self.name, name, fault, more)
        if fault == "throttle":
            raise _error_of(_BUSY.get(service, "Throttling"), name)
        if fault == "crash before":
            raise CrashError
        if fault == "slow":
            self.pause(faults.slowness())
        answer = act(fault)
        if fault == "asked again":
            answer = act(fault) if name != "transact_write_items" else answer  # Which carries a token of its own.
        if fault == "crash after":
            raise CrashError
        self.pause(faults.latency())
        if fault == "answer lost":
            raise ReadTimeoutError(endpoint_url=service)
        return answer


def _error_of(code: str, operation: str) -> ClientError:
    """An answer that says no."""
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(response, operation)

"""What the designs cost a client in processor time, over real botocore clients, against MiniStack in another process.

The same run asks MiniStack what writes consume, and holds the engine's word against it: for tables, since MiniStack
bills no statement for what it does to an index.
"""

from collections.abc import Mapping, Sequence
from time import process_time
from typing import Final

from milepost.domain.event import Track
from milepost_tools.bench.design import Client, Contender, in_batches_of, records_of
from milepost_tools.bench.metered import Metered
from milepost_tools.bench.ours import Milepost
from milepost_tools.engine import Engine

EVENTS: Final = 1500
RIVALS: Final = 250
"""Events of a rival: each costs it the same, however many there are."""
TURNS: Final = 6
"""The designs take turns, and the least of each counts: other work on the machine only ever adds. So many, because a
machine can be twice as fast for seconds, and each design should have met that."""
CHECKED: Final = 200
"""Events of the cross-check: so few that no item outgrows a unit, since MiniStack bills every statement just one."""
_CHECKED_BATCH: Final = 100
_WARM: Final = 40


def cpu_seconds(contender: Contender, client: Client, found: Sequence[Track], batch: int, turn: int) -> float:
    """Processor seconds of this process per event. Publishing is not in it: other designs have nothing like it."""
    prefix = f"{contender.name}-{batch}-{turn}-"
    _timed(contender, client, found[:_WARM], f"{prefix}warm-", batch)
    return _timed(contender, client, found, prefix, batch) / len(found)


def _timed(contender: Contender, client: Client, found: Sequence[Track], prefix: str, batch: int) -> float:
    contender.create(client, prefix)
    worker = contender.worker(client, prefix)
    seconds = 0.0
    for records in in_batches_of(batch, records_of(found)):
        started = process_time()
        worker.receive(records)
        seconds += process_time() - started
        if isinstance(worker, Milepost):
            worker.publish()
    return seconds


def write_units(contender: Contender, client: Client, found: Sequence[Track]) -> float:
    """Write units of tables, by the answers to all of a design's requests."""
    metered, prefix = Metered(client), f"{contender.name}-checked-"
    _timed(contender, metered, found, prefix, _CHECKED_BATCH)
    return metered.writes - metered.index_writes


def cross_check(
    contenders: Sequence[Contender], client: Client, found: Sequence[Track]
) -> Mapping[str, Mapping[str, float]]:
    """Write units by design: what the engine says and what MiniStack says."""
    engines = {"engine": Engine(), "ministack": client}
    return {
        each.name: {name: write_units(each, engine, found[:CHECKED]) for name, engine in engines.items()}
        for each in contenders
    }

"""The demo's run: the sample through a local stack, and what came out of it."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from milepost.domain.catalog import Catalog
from milepost_tools.catalog import load_catalog
from milepost_tools.demo.expected import load
from milepost_tools.demo.judge import Judgement, Observed, judge
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.replay import Replay, data_of
from milepost_tools.history.results import Row, final_state, nudge_order, nudge_row, outcome_row
from milepost_tools.history.stored import decisions, statistics
from milepost_tools.local.dead_letters import dead_letters
from milepost_tools.local.deploy import local_stack
from milepost_tools.local.logs import read_logs
from milepost_tools.local.recording import read_parcels
from milepost_tools.local.stack import CHANNELS, OUTCOMES, Stack

SAMPLE: Final = Path(__file__).parent / "sample"
_COUNTED: Final = {"EventsCounted": "accepted", "EventsDuplicate": "duplicates"}


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """All that the demo has to show."""

    catalog: Catalog
    lines: int
    as_of: str
    counts: Mapping[str, int]
    reasons: Sequence[str]
    statistics: Mapping[str, Mapping[str, int]]
    nudges: Sequence[Row]
    decisions: Sequence[Row]
    """The last on each nudge, as the stack has booked it."""
    deferrals: Sequence[Row]
    """Those before it: the simulation tells them, since what is booked is the last."""
    judgement: Judgement
    unlike_simulation: int
    """Outcomes and decisions on nudges in which the stack and `milepost simulate` differ."""
    seconds: float


def demonstrate(begin: Callable[[int], Callable[[int], None]]) -> Demonstrated:
    """Run it. `begin` is told how many lines there are, and answers with what to tell of those sent.

    Raises:
        ProblemError: the local stack does not start or stops working.
    """
    started = time.monotonic()
    catalog = load_catalog(SAMPLE / "catalog.yaml")
    expected = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))
    as_of = read_as_of(expected["as_of"])
    lines = list(read_parcels(str(SAMPLE / "events.ndjson.gz")))
    with local_stack(catalog=SAMPLE / "catalog.yaml", clock="replay") as stack:
        replay = Replay(stack, catalog, begin(len(lines)))
        simulation = replay.run(lines, as_of)
        counts, reasons = _taken_in(stack)
        counted = {scope: statistics(stack, catalog.name, scope) for scope in ("*", *catalog.milestones)}
        decided = sorted(decisions(stack), key=nudge_order)
    simulated = final_state(outcome_row(each) for each in simulation.outcomes)
    unlike = {json.dumps(nudge_row(each)) for each in simulation.nudges} ^ {json.dumps(each) for each in decided}
    outcomes = list(data_of(replay.messages, OUTCOMES))
    nudges = [row for channel in CHANNELS for row in data_of(replay.messages, channel)]
    return Demonstrated(
        catalog=catalog,
        lines=len(lines),
        as_of=expected["as_of"],
        counts=counts,
        reasons=reasons,
        statistics=counted,
        nudges=nudges,
        decisions=decided,
        deferrals=[nudge_row(each) for each in simulation.decisions if each.verdict == "deferred"],
        judgement=judge(load(SAMPLE), Observed(outcomes, nudges, decided, counts, counted)),
        unlike_simulation=len(_places(simulated) ^ _places(final_state(outcomes))) + len(unlike),
        seconds=time.monotonic() - started,
    )


def _taken_in(stack: Stack) -> tuple[Mapping[str, int], Sequence[str]]:
    """What ingest says it took in, by its metrics, and the reasons in the dead-letter queue."""
    counts: Counter[str] = Counter()
    for line in read_logs(stack, ["ingest"], follow=False):
        if '"_aws"' in line.text:
            metrics = json.loads(line.text)
            counts.update({name: int(sum(metrics.get(metric, []))) for metric, name in _COUNTED.items()})
    with dead_letters(stack.connection.sqs, stack.event_dead_letter_queue_url) as found:
        reasons = [letter.reason for letter in found.in_order()]
    return {**counts, "rejected": len(reasons)}, reasons


def _places(rows: Sequence[Row]) -> set[tuple[object, ...]]:
    return {(row["subject"], row["milestone"], row["outcome"], row["n"]) for row in rows}

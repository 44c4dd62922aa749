"""A run over one part of a log's subjects, and what it comes to.

Every part reads the whole log, since the clock is driven by every line of it; but of most lines that are not its own
a glance is enough. All parts together come to what one run over everybody would.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple

from milepost.domain.catalog import ACCOUNT, catalog_from_compiled
from milepost.domain.event import Subject
from milepost.domain.instant import Instant
from milepost_tools.catalog.matching import Compiled
from milepost_tools.history.collector import seldom_collecting
from milepost_tools.history.glance import Glance, glance, part_of_subject
from milepost_tools.history.log import Entry, Log
from milepost_tools.history.results import Row, final_state, last_decisions, nudge_order, nudge_row, outcome_row
from milepost_tools.history.simulation import Simulation, everybody
from milepost_tools.history.source import Source
from milepost_tools.local.recording import Advanced, nobody
from milepost_tools.local.sending import Unsent


class Refused(NamedTuple):
    """A line that was refused, whole or in part."""

    line: int
    unsent: Unsent


@dataclass(frozen=True, slots=True)
class Job:
    """What to run: a log through a compiled catalog up to `as_of`; if `strict`, only to the first refused line.

    It holds nothing but plain values, for it travels to other processes.
    """

    source: Source
    catalog: Compiled
    as_of: Instant | None = None
    strict: bool = False
    parts: int = 1


@dataclass
class Run:
    """What a run over some or all subjects came to: outcomes in their final state, and files' rows in their order."""

    first_events: dict[Subject, Instant] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    ended: Instant = 0
    """Where the clock stood in the end."""

    @cached_property
    def nudges(self) -> list[Row]:
        """What became of every nudge: the last of the decisions on it."""
        return last_decisions(self.decisions)

    @property
    def members(self) -> int:
        """Users with at least one counted event."""
        return len(self.first_events) - self.accounts

    @property
    def accounts(self) -> int:
        """Accounts with at least one."""
        return sum(subject.startswith(ACCOUNT) for subject in self.first_events)


def run_part(job: Job, part: int = 0, advanced: Advanced = nobody) -> Run:
    """Run one part of a job.

    Raises:
        ProblemError: the log cannot be read, or not to its end.
    """
    mine = partial(_is_in, job.parts, part) if job.parts > 1 else everybody
    simulation = Simulation(catalog_from_compiled(job.catalog), mine)
    log = job.source.open()
    refused: list[Refused] = []
    with seldom_collecting():
        for entry in log.entries(advanced):
            found = _take(simulation, log, entry, job.parts, part)
            if found:
                refused.append(Refused(entry.line, found))
                if job.strict:
                    break
        simulation.end(job.as_of)
    return _concluded(simulation, refused, job.as_of)


def _is_in(parts: int, part: int, subject: Subject) -> bool:
    return part_of_subject(subject, parts) == part


def _take(simulation: Simulation, log: Log, entry: Entry, parts: int, part: int) -> Unsent | None:
    """Take in a line, or let it pass by; the refusal, if there is one and it is this part's to report."""
    seen = _glance(log, entry, parts, simulation.clock.now) if parts > 1 else None
    if seen is not None and seen.part != part:
        simulation.pass_by(seen.arrival)
        return None
    found = simulation.take(log.parcel(entry))
    # A line that a glance does not understand is read by every part, and reported by the first.
    return found if seen is not None or part == 0 else None


def _glance(log: Log, entry: Entry, parts: int, now: Instant) -> Glance | None:
    try:
        return None if entry.reason else glance(entry.content.decode(), parts, now, has_id=log.has_ids)
    except UnicodeDecodeError:
        return None


def _concluded(simulation: Simulation, refused: list[Refused], as_of: Instant | None) -> Run:
    return Run(
        first_events=simulation.first_events,
        tally=simulation.tally,
        refused=refused,
        outcomes=final_state(outcome_row(each) for each in simulation.outcomes),
        decisions=sorted((nudge_row(each) for each in simulation.decisions), key=nudge_order),
        ended=max(simulation.clock.now, simulation.clock.now if as_of is None else as_of),
    )


def merged(runs: Sequence[Run]) -> Run:
    """Runs over all parts as one."""
    whole = Run(ended=max(run.ended for run in runs))
    for run in runs:
        whole.first_events.update(run.first_events)
        whole.tally.update(run.tally)
        whole.refused += run.refused
        whole.outcomes += run.outcomes
        whole.decisions += run.decisions
    whole.refused.sort(key=lambda each: each.line)
    whole.outcomes = final_state(whole.outcomes)
    whole.decisions.sort(key=nudge_order)
    return whole

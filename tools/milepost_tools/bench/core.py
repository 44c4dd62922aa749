"""`milepost bench core`: how many events a second the core folds, and which rule costs most.

What is timed is `advance`: deduplication, every milestone that an event concerns, outcomes and nudges. Once as ingest
calls it, with all events of a subject that came in one batch; once with one event a call, as a recorded log is run.
Reading messages, storing progress and acknowledging what has been told are not in it. The best of several runs
counts: others share the machine.
"""

from collections.abc import Mapping, Sequence
from cProfile import Profile
from dataclasses import dataclass, replace
from io import StringIO
from operator import itemgetter
from pathlib import Path
from pstats import Stats
from time import process_time
from typing import Any, Final

from milepost.adapters.codec import Codec
from milepost.domain.advance import advance
from milepost.domain.catalog import Catalog
from milepost.domain.event import Track
from milepost.domain.ledger import LEAST, Ledger
from milepost.domain.local import local_in
from milepost.domain.milestone import Milestone
from milepost.domain.progress import Progress
from milepost_tools.bench.item_size import aggregate_size
from milepost_tools.bench.workload import calls, events
from milepost_tools.catalog import load_catalog
from milepost_tools.history.collector import seldom_collecting

CATALOG: Final = Path(__file__).with_name("core.yaml")
_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class CoreFigures:
    """What was measured: seconds for all events, and for each milestone's rule alone; bytes of state by subject.

    `seconds` is for batches of `batch`, `seconds_singly` for one event a call.
    """

    events: int
    subjects: int
    batch: int
    seconds: float
    seconds_singly: float
    rules: Mapping[str, float]
    state: Sequence[int]
    slowest_profile: str

    @property
    def events_per_second(self) -> float:
        """The figure that counts."""
        return self.events / self.seconds

    @property
    def slowest(self) -> str:
        """The milestone whose rule takes longest."""
        return max(self.rules, key=self.rules.__getitem__)


def measure(count: int, subjects: int, batch: int, repeats: int) -> CoreFigures:
    """Measure, `repeats` times over the same events."""
    catalog, found = load_catalog(CATALOG), events(count, subjects)
    with seldom_collecting():  # As a run over a log does.
        batches, single = calls(found, batch, together=True), calls(found, batch, together=False)
        seconds, folded = min((_timed(batches, catalog) for _ in range(repeats)), key=itemgetter(0))
        singly, _ = min((_timed(single, catalog) for _ in range(repeats)), key=itemgetter(0))
        rules = {name: _rule_alone(each, found, repeats) for name, each in catalog.milestones.items()}
    slowest = catalog.milestones[max(rules, key=rules.__getitem__)]
    codec = Codec.of(catalog)
    sizes = sorted(_size(codec, progress) for progress in folded.values())
    profile = _profile(slowest, found)
    return CoreFigures(len(found), len(folded), batch, seconds, singly, rules, sizes, profile)


def _timed(batches: Sequence[Sequence[Sequence[Track]]], catalog: Catalog) -> tuple[float, Mapping[str, Progress]]:
    subjects: dict[str, Progress] = {}
    seconds = 0.0
    for batch in batches:
        # Messages are read right before they are folded, so that they lie at hand, as they do in ingest.
        read = [[replace(event, properties=dict(event.properties)) for event in events_] for events_ in batch]
        started = process_time()
        for events_ in read:
            subject = events_[0].subject
            progress = subjects.get(subject) or Progress(subject)
            progress = advance(progress, events_, catalog, events_[-1].arrived).progress
            subjects[subject] = progress._replace(outbox=()) if progress.outbox else progress
        seconds += process_time() - started
    return seconds, subjects


def _rule_alone(milestone: Milestone, found: Sequence[Track], repeats: int) -> float:
    """The best of several runs of nothing but this rule: what it sees in the events, and how it folds that."""
    concerned = [event for event in found if milestone.rule.names is None or event.name in milestone.rule.names]
    return min(_rule_once(milestone, concerned) for _ in range(repeats))


def _rule_once(milestone: Milestone, concerned: Sequence[Track]) -> float:
    rule, local = milestone.rule, local_in("America/New_York", 0)
    memos: dict[str, Any] = dict.fromkeys((event.subject for event in concerned), rule.start)
    met: set[str] = set()
    started = process_time()
    for event in concerned:
        subject = event.subject
        if subject not in met and (seen := rule.observe(event, local)) is not None:
            memos[subject], hits = rule.fold(memos[subject], event.instant, seen, 0)
            if hits and not rule.repeats:
                met.add(subject)
    return process_time() - started


def _profile(milestone: Milestone, found: Sequence[Track]) -> str:
    """Where the slowest rule spends its time, function by function."""
    concerned = [event for event in found if milestone.rule.names is None or event.name in milestone.rule.names]
    profile, text = Profile(), StringIO()
    profile.runcall(_rule_once, milestone, concerned)
    Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(_LINES)
    return "\n".join(line for line in text.getvalue().splitlines() if line.strip())


def _size(codec: Codec, progress: Progress) -> int:
    """Bytes of the item as DynamoDB counts them, with the ledger held to as few events as it may hold."""
    newest = sorted(progress.ledger.entries.items(), key=lambda each: each[1].instant)[-LEAST:]
    return aggregate_size(codec, progress._replace(ledger=Ledger(dict(newest))))

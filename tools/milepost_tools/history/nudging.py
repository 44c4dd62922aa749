"""The figures of the decisions on nudges: how many a member got, and what each gate held back, for good or a while."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from milepost.domain.catalog import ACCOUNT
from milepost.domain.event import Subject
from milepost.domain.instant import Duration, parse_instant
from milepost_tools.history.quantiles import quantiles
from milepost_tools.history.results import Row, last_decisions

VERDICTS: Final = ("sent", "held_out", "suppressed", "cancelled", "deferred")
"""In the order in which they are shown; what is `deferred` in the end still waits."""
_MIDDLE_AND_MOST: Final = (50, 95)
_MEMBERS: Final = (50, 95, 100)


@dataclass(frozen=True, slots=True)
class PerMember:
    """Nudges sent to each user with at least one counted event, those included who got none.

    `at` is the median, the 95th percentile and the most; None without members.
    """

    members: int
    sent: int
    at: tuple[int, ...] | None

    @property
    def mean(self) -> float | None:
        """Of all members; None where there are none."""
        return self.sent / self.members if self.members else None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What one reason did: how many nudges it stopped for good, and how many it made wait.

    `waited` is the median and the 95th percentile of how long such a nudge waited for this reason, in microseconds;
    it is about those on which another decision followed, and None where there are none. `still` wait when the run ends.
    """

    reason: str
    stopped: int
    deferred: int
    waited: tuple[Duration, ...] | None
    still: int


@dataclass(frozen=True, slots=True)
class NudgeFigures:
    """All of them; `counts` is by milestone, channel, verdict and reason of the last decision on each nudge."""

    counts: Mapping[tuple[str, str, str, str | None], int]
    per_member: PerMember
    held_back: Sequence[HeldBack]

    @property
    def total(self) -> int:
        """How many nudges were decided on."""
        return sum(self.counts.values())

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many of each verdict, in the order in which they are shown."""
        return {each: sum(n for key, n in self.counts.items() if key[2] == each) for each in VERDICTS}


def nudge_figures(decisions: Sequence[Row], members: Iterable[Subject]) -> NudgeFigures:
    """Work them out of every decision, in the order of a file, and of all subjects."""
    last = last_decisions(decisions)
    return NudgeFigures(
        counts=Counter((row["milestone"], row["channel"], row["verdict"], row["reason"]) for row in last),
        per_member=_per_member(last, [each for each in members if not each.startswith(ACCOUNT)]),
        held_back=tuple(sorted(_held_back(decisions, last), key=_most_first)),
    )


def _most_first(found: HeldBack) -> tuple[int, str]:
    return -found.stopped - found.deferred, found.reason


def _per_member(last: Iterable[Row], members: Sequence[Subject]) -> PerMember:
    sent = Counter(row["subject"] for row in last if row["verdict"] == "sent")
    counts = Counter(sent[each] for each in members)
    return PerMember(len(members), sum(number * times for number, times in counts.items()), quantiles(counts, _MEMBERS))


def _held_back(decisions: Iterable[Row], last: Iterable[Row]) -> Iterator[HeldBack]:
    stopped = Counter(row["reason"] for row in last if row["verdict"] not in ("sent", "deferred"))
    still = Counter(row["reason"] for row in last if row["verdict"] == "deferred")
    deferred = Counter(reason for _, reason in {(row["id"], row["reason"]) for row in decisions if _waits(row)})
    waited = _waited(decisions)
    for reason in stopped.keys() | deferred.keys():
        times = quantiles(waited.get(reason, Counter()), _MIDDLE_AND_MOST)
        yield HeldBack(reason, stopped[reason], deferred[reason], times, still[reason])


def _waits(row: Row) -> bool:
    return bool(row["verdict"] == "deferred")


def _waited(decisions: Iterable[Row]) -> Mapping[str, Counter[Duration]]:
    """By reason, how long each nudge waited for it in all, and how many so long."""
    by_nudge: dict[str, list[Row]] = {}
    for row in decisions:
        by_nudge.setdefault(row["id"], []).append(row)
    found: dict[str, Counter[Duration]] = {}
    for rows in by_nudge.values():
        total: Counter[str] = Counter()
        for before, after in pairwise(rows):
            total[before["reason"]] += parse_instant(after["decided_at"]) - parse_instant(before["decided_at"])
        for reason, duration in total.items():
            found.setdefault(reason, Counter())[duration] += 1
    return found

"""What must have been counted: the laws of counters, of outcomes that come of counts, and of their statistics."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from milepost_tools.prove.checker.evidence import Evidence, by_head, head_of, instants, is_wrong, told_of, tracks
from milepost_tools.prove.checker.plan import wall

_ENOUGH: Final = {"three": 3, "paid": 100}


def counters(evidence: Evidence) -> Iterator[str]:
    """Each event has counted once, for whoever did it and for their account."""
    wanted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in tracks(evidence):
        wanted[head_of(evidence, each.subject)][each.name or ""] += 1
        if each.account is not None:
            wanted[each.account][each.name or ""] += 1
    for subject in sorted(set(wanted) | set(evidence.counted)):
        found = dict(evidence.counted.get(subject, {}))
        if found != dict(wanted[subject]):
            yield f"{subject} has counted {found} of {dict(wanted[subject])}"


def outcomes(evidence: Evidence) -> Iterator[str]:
    """Each threshold was told once, as often as it was reached, and statistics say the same."""
    wanted: Counter[tuple[str, str]] = Counter()
    for head, events in by_head(evidence).items():
        worked = instants(events, "worked")
        wanted[head, "each"] = len(events)
        wanted[head, "three"] = int(len(worked) >= _ENOUGH["three"])
        wanted[head, "paid-every-100"] = sum(each.amount for each in events) // _ENOUGH["paid"]
    for each in tracks(evidence):
        wanted[each.account or "", "account-each"] += each.account is not None
    found: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for subject, milestone, number in _reached(evidence):
        found[head_of(evidence, subject), milestone].add(number)
    for key, times in sorted(wanted.items()):
        # Two subjects that turn out to be one person may both have been told of their first; nobody of one too many.
        if found[key] != set(range(1, times + 1)):
            yield f"{key[0]} was told of {sorted(found[key])} of {key[1]}, and reached it {times} times"
    for milestone in ("each", "three", "paid-every-100", "account-each"):
        number = sum(count for (_, name), count in wanted.items() if name == milestone)
        if is_wrong(evidence, (milestone, "reached"), number):
            yield f"statistics count {evidence.statistics[milestone, 'reached']} of {milestone} for {number}"


def runs(evidence: Evidence) -> Iterator[str]:
    """Two days of work in a row are an occurrence, once for each run; late work may make one run of two."""
    number = 0
    for head, events in by_head(evidence).items():
        zones = {each.zone for each in events}
        worked = {wall(at, zone).toordinal() for at in instants(events, "worked") for zone in zones}
        wanted = sum({day, day + 1} <= worked and day - 1 not in worked for day in worked)
        found = Counter(outcome for subject, outcome, _ in told_of(evidence, "runs") if subject == head)
        if head not in evidence.aliases.values() and found["reached"] - found["retracted"] != wanted:
            yield f"{head} was told of {dict(found)} runs, and had {wanted}"
        number += wanted
    if is_wrong(evidence, ("runs", "reached"), number):
        yield f"statistics count {evidence.statistics['runs', 'reached']} runs for {number}"


def members(evidence: Evidence) -> Iterator[str]:
    """There are as many people and accounts as have done anything."""
    people = {head_of(evidence, each.subject) for each in evidence.sent if each.valid}
    accounts = {each.account for each in tracks(evidence)} - {None}
    for what, wanted in (("members", len(people)), ("accounts", len(accounts))):
        if is_wrong(evidence, ("*", what), wanted):
            yield f"statistics have {evidence.statistics['*', what]} {what} for {wanted}"


def _reached(evidence: Evidence) -> Iterator[tuple[str, str, int]]:
    """Subject, milestone and number of each occurrence, however often it was told."""
    for data in (each.event["data"] for each in evidence.told if each.topic == "outcomes"):
        if data["outcome"] == "reached":
            yield data["subject"], data["milestone"], data["n"]

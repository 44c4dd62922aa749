"""What the clock decides: the laws of deadlines and of silences."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from milepost_tools.prove.checker.evidence import Evidence, by_head, by_subject, head_of, instants, told_of
from milepost_tools.prove.checker.plan import DAY, HOUR, instant

WITHIN: Final = 2 * HOUR
"""The deadline of `onboarded` after `signed_up`."""
_TWICE: Final = 2
_QUIET: Final = DAY


def deadlines(evidence: Evidence) -> Iterator[str]:
    """Whoever had done it in time, by messages that the queue had, was not told that they missed it."""
    told = {(subject, outcome): event for subject, outcome, event in told_of(evidence, "onboarded")}
    final: Counter[str] = Counter()
    merged: set[str] = set()
    for subject, events in by_subject(evidence).items():
        signed = instants(events, "signed_up")
        if not signed:
            continue
        anchor, ends = min(signed), min(signed) + WITHIN
        inside = [each for each in events if each.name == "worked" and anchor <= (each.instant or 0) <= ends]
        prompt = [each for each in inside if each.sent <= ends and not each.exhausted]
        missed = told.get((subject, "missed"))
        known = all(each.sent <= ends for each in events if each.name == "signed_up")
        if missed is not None and known and len(prompt) >= _TWICE:
            yield f"{subject} was told that they missed what they had done in time"
        if missed is not None and missed.when < ends + evidence.grace:
            yield f"{subject} was told that they missed what they still could do"
        if subject in (*evidence.aliases, *evidence.aliases.values()):
            merged.add(head_of(evidence, subject))
            continue  # What the other has done counts from when they became one.
        final["reached" if len(inside) >= _TWICE else "missed"] += 1
        wanted = "reached" if len(inside) >= _TWICE else "missed"
        if (subject, wanted) not in told or (wanted == "missed" and (subject, "reached") in told):
            yield f"{subject} {wanted} the deadline and was told {sorted(out for who, out in told if who == subject)}"
    yield from _one_or_the_other(evidence, final, len(merged))


def _one_or_the_other(evidence: Evidence, final: Counter[str], open_: int) -> Iterator[str]:
    """Everybody who signed up is counted as one of both, and nobody as both; of so many it is open as which."""
    counted = {outcome: evidence.statistics["onboarded", outcome] for outcome in ("reached", "missed")}
    may = Counter() if evidence.erased is None else evidence.erased.may_count
    for outcome, number in counted.items():
        if not final[outcome] <= number <= final[outcome] + open_ + may["onboarded", outcome]:
            yield f"statistics have {number} who {outcome} it for {final[outcome]}"
    wanted = final.total() + open_
    if not wanted <= sum(counted.values()) <= wanted + sum(may["onboarded", outcome] for outcome in counted):
        yield f"statistics have {sum(counted.values())} who were onboarded or not for {wanted}"


def silences(evidence: Evidence) -> Iterator[str]:
    """Nobody is called silent who was heard, and the last silence of all is noticed."""
    told = [(subject, event) for subject, _, event in told_of(evidence, "quiet")]
    for subject, event in told:
        ref = instant(event.event["data"]["ref"])
        heard = [
            each
            for each in by_subject(evidence).get(subject, ())
            if each.name == "worked" and ref < (each.instant or 0) <= ref + _QUIET
        ]
        if any(each.sent <= ref + _QUIET and not each.exhausted for each in heard):
            yield f"{subject} was called silent since {event.event['data']['ref']} and was not"
    refs: defaultdict[str, set[int]] = defaultdict(set)
    for subject, event in told:
        refs[head_of(evidence, subject)].add(instant(event.event["data"]["ref"]))
    for head, events in by_head(evidence).items():
        worked = instants(events, "worked")
        if worked and max(worked) not in refs[head]:
            yield f"{head} fell silent, and nobody noticed"

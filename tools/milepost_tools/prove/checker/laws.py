"""The laws, each a function from the evidence to what contradicts it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from milepost_tools.prove.checker.evidence import Evidence, Sent, Told
from milepost_tools.prove.checker.nudges import nudges
from milepost_tools.prove.checker.plan import wall

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
WITHIN: Final = 2 * HOUR
"""The deadline of `onboarded` after `signed_up`."""
_ENOUGH: Final = {"onboarded": 2, "three": 3, "paid": 100}
_QUIET: Final = DAY
_IN_HAND: Final = 60_000_000
"""How long publish can go on with what it has read."""
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def judge(evidence: Evidence) -> list[str]:
    """Everything that is wrong, in words; nothing if all is well."""
    return [each for law in LAWS for each in law(evidence)]


def _drained(evidence: Evidence) -> Iterator[str]:
    for what, number in evidence.waiting.items():
        if number:
            yield f"{number} {what} did not come to rest"


def _dead_letters(evidence: Evidence) -> Iterator[str]:
    wrong = {each.body for each in evidence.sent if not each.valid}
    found = {body for body, _ in evidence.dead}
    for body in sorted(wrong - found):
        yield f"refused and nowhere to be found: {body[:80]}"
    for body in sorted(found - wrong):
        yield f"among the dead letters for no reason: {body[:80]}"
    for body, reason in evidence.dead:
        if reason is None:
            yield f"among the dead letters without a reason: {body[:80]}"


def _counters(evidence: Evidence) -> Iterator[str]:
    wanted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in _tracks(evidence):
        wanted[_head(evidence, each.subject)][each.name or ""] += 1
        if each.account is not None:
            wanted[each.account][each.name or ""] += 1
    for subject in sorted(set(wanted) | set(evidence.counted)):
        found = dict(evidence.counted.get(subject, {}))
        if found != dict(wanted[subject]):
            yield f"{subject} has counted {found} of {dict(wanted[subject])}"


def _outcomes(evidence: Evidence) -> Iterator[str]:
    wanted: Counter[tuple[str, str]] = Counter()
    for head, events in _by_head(evidence).items():
        worked = _instants(events, "worked")
        wanted[head, "each"] = len(events)
        wanted[head, "three"] = int(len(worked) >= _ENOUGH["three"])
        wanted[head, "paid-every-100"] = sum(each.amount for each in events) // _ENOUGH["paid"]
    for each in _tracks(evidence):
        wanted[each.account or "", "account-each"] += each.account is not None
    found: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for subject, milestone, number in _reached(evidence):
        found[_head(evidence, subject), milestone].add(number)
    for key, times in sorted(wanted.items()):
        # Two subjects that turn out to be one person may both have been told of their first; nobody of one too many.
        if found[key] != set(range(1, times + 1)):
            yield f"{key[0]} was told of {sorted(found[key])} of {key[1]}, and reached it {times} times"
    for milestone in ("each", "three", "paid-every-100", "account-each"):
        number = sum(count for (_, name), count in wanted.items() if name == milestone)
        if _is_wrong(evidence, (milestone, "reached"), number):
            yield f"statistics count {evidence.statistics[milestone, 'reached']} of {milestone} for {number}"


def _runs(evidence: Evidence) -> Iterator[str]:
    """Two days of work in a row are an occurrence, once for each run; late work may make one run of two."""
    number = 0
    for head, events in _by_head(evidence).items():
        zones = {each.zone for each in events}
        worked = {wall(at, zone).toordinal() for at in _instants(events, "worked") for zone in zones}
        wanted = sum({day, day + 1} <= worked and day - 1 not in worked for day in worked)
        found = Counter(outcome for subject, outcome, _ in _told_of(evidence, "runs") if subject == head)
        if head not in evidence.aliases.values() and found["reached"] - found["retracted"] != wanted:
            yield f"{head} was told of {dict(found)} runs, and had {wanted}"
        number += wanted
    if _is_wrong(evidence, ("runs", "reached"), number):
        yield f"statistics count {evidence.statistics['runs', 'reached']} runs for {number}"


def _members(evidence: Evidence) -> Iterator[str]:
    people = {_head(evidence, each.subject) for each in evidence.sent if each.valid}
    accounts = {each.account for each in _tracks(evidence)} - {None}
    for what, wanted in (("members", len(people)), ("accounts", len(accounts))):
        if _is_wrong(evidence, ("*", what), wanted):
            yield f"statistics have {evidence.statistics['*', what]} {what} for {wanted}"


def _ids(evidence: Evidence) -> Iterator[str]:
    """One id for one occurrence and the other way round, and one content for one id."""
    named: defaultdict[tuple[Any, ...], set[str]] = defaultdict(set)
    meant: defaultdict[str, set[tuple[Any, ...]]] = defaultdict(set)
    for each in evidence.told:
        key, data = _occurrence(each), each.event["data"]
        named[key].add(each.event["id"])
        meant[each.event["id"]].add((*key, data["n"], data["at"]))
    for key, several in named.items():
        if len(several) > 1:
            yield f"{key} was told under {len(several)} ids"
    for name, contents in meant.items():
        if len(contents) > 1:
            yield f"{name} was told with {len(contents)} contents: {sorted(contents, key=repr)}"


def _decisions(evidence: Evidence) -> Iterator[str]:
    number = Counter(each["id"] for each in evidence.decisions)
    told = {each.event["id"] for each in evidence.told if each.topic != "outcomes"}
    sent = {each["id"] for each in evidence.decisions if each["verdict"] == "sent"}
    for name, times in number.items():
        if times > 1:
            yield f"{times} decisions on {name}"
    for name in sorted(sent - told):
        yield f"{name} is on record as sent and was not"
    for name in sorted(told - set(number)):
        yield f"{name} was sent and is not on record"
    final = [each for each in evidence.decisions if each["verdict"] != "deferred"]
    booked = Counter((each["milestone"], f"{each['verdict']}.{each['channel']}") for each in final)
    for key in sorted({*booked, *(key for key in evidence.statistics if "." in key[1])}):
        if _is_wrong(evidence, key, booked[key]):
            yield f"statistics count {evidence.statistics[key]} of {key} for {booked[key]}"


def _consent(evidence: Evidence) -> Iterator[str]:
    agreed = {_head(evidence, each.subject) for each in evidence.sent if each.consent}
    for each in evidence.told:
        if each.topic == "email" and _head(evidence, each.event["data"]["subject"]) not in agreed:
            yield f"{each.event['data']['subject']} has had an email without consent"


def _deadlines(evidence: Evidence) -> Iterator[str]:
    """Whoever had done it in time, by messages that the queue had, was not told that they missed it."""
    told = {(subject, outcome): event for subject, outcome, event in _told_of(evidence, "onboarded")}
    final: Counter[str] = Counter()
    merged: set[str] = set()
    for subject, events in _by_subject(evidence).items():
        signed = _instants(events, "signed_up")
        if not signed:
            continue
        anchor, ends = min(signed), min(signed) + WITHIN
        inside = [each for each in events if each.name == "worked" and anchor <= (each.instant or 0) <= ends]
        prompt = [each for each in inside if each.sent <= ends and not each.exhausted]
        missed = told.get((subject, "missed"))
        known = all(each.sent <= ends for each in events if each.name == "signed_up")
        if missed is not None and known and len(prompt) >= _ENOUGH["onboarded"]:
            yield f"{subject} was told that they missed what they had done in time"
        if missed is not None and missed.when < ends + evidence.grace:
            yield f"{subject} was told that they missed what they still could do"
        if subject in (*evidence.aliases, *evidence.aliases.values()):
            merged.add(_head(evidence, subject))
            continue  # What the other has done counts from when they became one.
        final["reached" if len(inside) >= _ENOUGH["onboarded"] else "missed"] += 1
        wanted = "reached" if len(inside) >= _ENOUGH["onboarded"] else "missed"
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


def _silences(evidence: Evidence) -> Iterator[str]:
    """Nobody is called silent who was heard, and the last silence of all is noticed."""
    told = [(subject, event) for subject, _, event in _told_of(evidence, "quiet")]
    for subject, event in told:
        ref = _instant(event.event["data"]["ref"])
        heard = [
            each
            for each in _by_subject(evidence).get(subject, ())
            if each.name == "worked" and ref < (each.instant or 0) <= ref + _QUIET
        ]
        if any(each.sent <= ref + _QUIET and not each.exhausted for each in heard):
            yield f"{subject} was called silent since {event.event['data']['ref']} and was not"
    refs: defaultdict[str, set[int]] = defaultdict(set)
    for subject, event in told:
        refs[_head(evidence, subject)].add(_instant(event.event["data"]["ref"]))
    for head, events in _by_head(evidence).items():
        worked = _instants(events, "worked")
        if worked and max(worked) not in refs[head]:
            yield f"{head} fell silent, and nobody noticed"


def _erasure(evidence: Evidence) -> Iterator[str]:
    """Nothing of before is held of somebody who was erased, and once nobody has it in hand any more nothing is told."""
    erased = evidence.erased
    if erased is None:
        return
    if erased.buried is None:
        yield f"{erased.subject} was never erased"
        return
    for sort in erased.left:
        yield f"{sort} is left of {erased.subject}"
    for each in erased.told:
        if each.when > erased.buried + _IN_HAND:
            yield f"{erased.subject} was erased, and then told of {each.event['data']['milestone']}"


LAWS: Final[Sequence[Callable[[Evidence], Iterator[str]]]] = (
    _drained,
    _dead_letters,
    _counters,
    _outcomes,
    _runs,
    _members,
    _ids,
    _decisions,
    _consent,
    nudges,
    _deadlines,
    _silences,
    _erasure,
)


def names(told: Sequence[Told]) -> dict[tuple[Any, ...], str]:
    """The id of each occurrence that somebody was told of."""
    return {_occurrence(each): each.event["id"] for each in told}


def _occurrence(told: Told) -> tuple[Any, ...]:
    """What a message is about: for silences and runs it is not their number that tells one from another."""
    data = told.event["data"]
    by_ref, by_at = data["milestone"].startswith(("quiet", "runs")), data["milestone"].startswith("quiet")
    number = data["ref"] if by_ref and "ref" in data else data["at"] if by_at else data["n"]
    kind = data.get("outcome") or (data["path"], data["step"])
    return told.event["type"], data["subject"], data["milestone"], number, kind


def _is_wrong(evidence: Evidence, key: tuple[str, str], wanted: int) -> bool:
    """Whether statistics count another number, and not because of somebody who was erased."""
    may = 0 if evidence.erased is None else evidence.erased.may_count[key]
    return not wanted <= evidence.statistics[key] <= wanted + may


def _tracks(evidence: Evidence) -> list[Sent]:
    return [each for each in evidence.sent if each.valid and each.name is not None]


def _head(evidence: Evidence, subject: str) -> str:
    return evidence.aliases.get(subject, subject)


def _by_subject(evidence: Evidence) -> dict[str, list[Sent]]:
    found: defaultdict[str, list[Sent]] = defaultdict(list)
    for each in _tracks(evidence):
        found[each.subject].append(each)
    return found


def _by_head(evidence: Evidence) -> dict[str, list[Sent]]:
    found: defaultdict[str, list[Sent]] = defaultdict(list)
    for each in _tracks(evidence):
        found[_head(evidence, each.subject)].append(each)
    return found


def _instants(events: Sequence[Sent], name: str) -> list[int]:
    return [each.instant for each in events if each.name == name and each.instant is not None]


def _reached(evidence: Evidence) -> Iterator[tuple[str, str, int]]:
    """Subject, milestone and number of each occurrence, however often it was told."""
    for data in (each.event["data"] for each in evidence.told if each.topic == "outcomes"):
        if data["outcome"] == "reached":
            yield data["subject"], data["milestone"], data["n"]


def _told_of(evidence: Evidence, milestone: str) -> Iterator[tuple[str, str, Told]]:
    """Subject, outcome and the first message of each occurrence."""
    seen = set()
    for each in evidence.told:
        data = each.event["data"]
        if each.topic == "outcomes" and data["milestone"] == milestone and each.event["id"] not in seen:
            seen.add(each.event["id"])
            yield data["subject"], data["outcome"], each


def _instant(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)

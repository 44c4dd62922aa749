"""The laws, each a function from the evidence to what contradicts it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from milepost_tools.prove.checker.clock import deadlines, silences
from milepost_tools.prove.checker.counts import counters, members, outcomes, runs
from milepost_tools.prove.checker.evidence import Evidence, Told, head_of, is_wrong
from milepost_tools.prove.checker.nudges import nudges
from milepost_tools.prove.checker.plan import MINUTE

_IN_HAND: Final = MINUTE
"""How long publish can go on with what it has read."""


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
        if is_wrong(evidence, key, booked[key]):
            yield f"statistics count {evidence.statistics[key]} of {key} for {booked[key]}"


def _consent(evidence: Evidence) -> Iterator[str]:
    agreed = {head_of(evidence, each.subject) for each in evidence.sent if each.consent}
    for each in evidence.told:
        if each.topic == "email" and head_of(evidence, each.event["data"]["subject"]) not in agreed:
            yield f"{each.event['data']['subject']} has had an email without consent"


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
    counters,
    outcomes,
    runs,
    members,
    _ids,
    _decisions,
    _consent,
    nudges,
    deadlines,
    silences,
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

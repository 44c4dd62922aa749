"""What is held, was removed and remains, in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from milepost.application.erasing import Grave, Holding
from milepost.domain.instant import SECOND, format_instant
from milepost_tools.local.text import counted, printable

_NOUNS: Final = {
    "aggregate": "aggregate",
    "decision": "decision",
    "segment": "segment",
    "straggler": "late event",
    "alias": "alias item",
    "other": "other item",
}

NOT_ASKED: Final = (
    "Channel integrations are not asked: name the stack of each that is deployed with --integration NAME. They remember"
    " for 30 days, or as long as they were told, which nudges they sent to whom."
)


def held(person: Sequence[Holding]) -> Iterator[str]:
    """A line for each id of a person."""
    for each in person:
        beside = pieces(Counter(piece.kind for piece in each.pieces), {})
        yield f"  {printable(each.subject)}: {_aggregate(each)}; beside it {beside}"


def remembered(nudges: Mapping[str, int]) -> Iterator[str]:
    """A line for each integration, with how many nudges it remembers; or that none was asked."""
    yield from (f"  {printable(name)}: {counted(number, 'nudge')} remembered" for name, number in nudges.items())
    if not nudges:
        yield NOT_ASKED


def pieces(counts: Mapping[str, int], nudges: Mapping[str, int]) -> str:
    """Such as `3 decisions, 1 segment, 2 nudges in milepost-ses`: by kind, and what integrations remember by stack."""
    here = (counted(counts[kind], noun) for kind, noun in _NOUNS.items() if counts.get(kind))
    there = (f"{counted(number, 'nudge')} in {printable(name)}" for name, number in nudges.items() if number)
    return ", ".join((*here, *there)) or "nothing"


def kept_away(graves: Sequence[Grave]) -> str:
    """What the tombstones are for."""
    who = ", ".join(printable(each.subject) for each in graves)
    until = format_instant(graves[0].erased // SECOND * SECOND)
    return f"Whatever happened to {who} up to {until} is dropped when it comes."


def _aggregate(each: Holding) -> str:
    progress = each.stored.progress
    if not each.stored.version:
        return "no aggregate"
    if progress.is_tombstone:
        return "a tombstone"
    if progress.forward is not None:
        return f"has become {printable(progress.forward)}, {each.waiting} waiting to be told"
    return (
        f"{counted(len(progress.traits), 'trait')}, {counted(len(progress.standings), 'milestone')}, "
        f"{counted(len(progress.ledger.entries), 'event')} remembered, {each.waiting} waiting to be told"
    )

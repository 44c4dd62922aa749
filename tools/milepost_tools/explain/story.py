"""What happened to a subject, one event after another, in the order in which it was heard of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from milepost.domain.local import Local
from milepost_tools.explain.effect import WORDS
from milepost_tools.explain.known import Effect, Happening
from milepost_tools.explain.moments import Moment, moment, moment_or_none
from milepost_tools.history.layout import elapsed


@dataclass(frozen=True, slots=True)
class Told:
    """One happening; `at` is None for a refused message, whose time nobody may believe.

    `late` is how long after it happened it arrived, or was decided, if it was not at once.
    """

    at: Moment | None
    arrived: Moment
    late: str | None
    name: str
    message_id: str | None
    ref: str | None
    did: str
    effects: tuple[Effect, ...]


def told(happenings: Sequence[Happening] | None, local: Local, milestone: str | None) -> tuple[Told, ...] | None:
    """All of it, or what concerns a milestone; None where nobody has kept it."""
    if happenings is None:
        return None
    return tuple(
        _told(each, local, milestone) for each in happenings if milestone is None or _concerns(each, milestone)
    )


def _concerns(happening: Happening, milestone: str) -> bool:
    """What was refused, or came twice, might have been about any milestone."""
    return not happening.counted or any(each.milestone == milestone for each in happening.effects)


def _told(happening: Happening, local: Local, milestone: str | None) -> Told:
    effects = tuple(each for each in happening.effects if milestone in (None, each.milestone))
    return Told(
        at=moment_or_none(happening.instant, local),
        arrived=moment(happening.arrived, local),
        late=_late(happening),
        name=happening.name,
        message_id=happening.message_id,
        ref=happening.ref,
        did="; ".join([*([happening.note] if happening.note else []), *_words(effects)]),
        effects=effects,
    )


def _late(happening: Happening) -> str | None:
    if happening.instant is None or happening.arrived <= happening.instant:
        return None
    return elapsed(happening.arrived - happening.instant)


def _words(effects: Sequence[Effect]) -> list[str]:
    order = list(WORDS)
    ranked = sorted(effects, key=lambda each: order.index(each.did))
    return [
        f"{WORDS[did]} {', '.join(each.milestone for each in group)}"
        for did, group in groupby(ranked, key=lambda each: each.did)
    ]

"""Short ways to catalogs, events and a subject's life, for tests of the core."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

from milepost.domain.advance import Advance, advance
from milepost.domain.catalog import Catalog
from milepost.domain.event import Identify, Stimulus, Tick, Track
from milepost.domain.instant import DAY, MINUTE, Duration, Instant, parse_instant
from milepost.domain.matcher import Condition, Matcher
from milepost.domain.milestone import Milestone, Path, Step, Within
from milepost.domain.outbox import Nudge, Outcome
from milepost.domain.progress import Progress, Standing
from milepost.domain.rules import Rule
from milepost.domain.rules.count import Count
from milepost.domain.rules.sum import Sum

T0: Instant = parse_instant("2026-03-01T12:00:00Z")
GRACE: Duration = 15 * MINUTE
MAX_AGE: Duration = 35 * DAY
SUBJECT = "user:u_1"
CONSENT = {"email": "email_opt_in", "sms": "sms_opt_in", "in_app": "always"}
IN_APP = Step(("in_app",), "hello")


def matcher(*names: str, where: Iterable[Condition] = ()) -> Matcher:
    """A matcher of these names; of every name if there are none."""
    return Matcher(frozenset(names) or None, tuple(where))


def count(at_least: int, *, span: Duration | None = None, repeats: bool = False, event: str = "bought") -> Count:
    """A count of purchases."""
    return Count(matcher(event), at_least, span, repeats)


def sum_of(at_least: str | int, *, span: Duration | None = None, repeats: bool = False) -> Sum:
    """A sum of what purchases cost."""
    return Sum(matcher("bought"), ("amount",), Decimal(at_least), span, repeats)


def within(duration: Duration, start: str = "bought") -> Within:
    """A deadline."""
    return Within(duration, matcher(start))


def milestone(  # noqa: PLR0913  # One argument for each thing a test may want to differ.
    rule: Rule,
    *,
    name: str = "m",
    deadline: Within | None = None,
    fresh_for: Duration = 3 * DAY,
    reached: Sequence[Step] = (),
    missed: Sequence[Step] = (),
    recovered: Sequence[Step] = (),
) -> Milestone:
    """A milestone, whose shape is that of its rule and deadline."""
    steps: Mapping[Path, tuple[Step, ...]] = {
        "reached": tuple(reached),
        "missed": tuple(missed),
        "recovered": tuple(recovered),
    }
    shape = _shape(rule, deadline)
    return Milestone(name, name.title(), None, "minor", None, rule, deadline, fresh_for, steps, shape=shape)


def _shape(rule: Rule, deadline: Within | None) -> int:
    """As `milepost.domain.shape.shape_of` makes one: 16 bits of form, 12 of threshold and duration."""
    slots: tuple[str, ...] = getattr(type(rule), "__slots__", ())
    known = {name: getattr(rule, name) for name in slots if name != "at_least"}
    form = (type(rule), sorted(known.items()), deadline and replace(deadline, duration=0))
    threshold = (getattr(rule, "at_least", None), deadline and deadline.duration)
    return (crc32(repr(form).encode()) & 0xFFFF) << 12 | crc32(repr(threshold).encode()) & 0xFFF


def catalog(*milestones: Milestone, version: int = 1, grace: Duration = GRACE) -> Catalog:
    """A catalog of these milestones."""
    plan = frozenset({"bought", "signed_up"})
    return Catalog.of(
        "shop", milestones, version=version, max_age=MAX_AGE, grace=grace, events=plan, consent=CONSENT, timezone=None
    )


def key_of(message_id: str) -> int:
    """The 64 bits by which the ledger knows a message."""
    return int.from_bytes(blake2b(message_id.encode(), digest_size=8).digest(), "big")


def track(
    message_id: str, instant: Instant, name: str = "bought", *, arrived: Instant | None = None, **properties: object
) -> Track:
    """A track event, which arrives when it happens unless said otherwise."""
    body = crc32(repr((name, properties)).encode()) & 0xFF
    at = instant if arrived is None else arrived
    return Track(SUBJECT, message_id, key_of(message_id), body, instant, at, name, properties, SUBJECT)


def bought(*instants: Instant) -> list[Track]:
    """A purchase at each of these instants, from T0 on."""
    return [track(f"b{place:03}", T0 + instant) for place, instant in enumerate(instants)]


def spent(*amounts: object, every: Duration = DAY) -> list[Track]:
    """A purchase of each of these amounts, one after another; text is an exact decimal."""
    exact = [Decimal(each) if isinstance(each, str) else each for each in amounts]
    return [track(f"s{place:03}", T0 + place * every, amount=amount) for place, amount in enumerate(exact)]


def identify(message_id: str, instant: Instant, **traits: object) -> Identify:
    """An identify, which arrives when it happens."""
    body = crc32(repr(traits).encode()) & 0xFF
    return Identify(SUBJECT, message_id, key_of(message_id), body, instant, instant, traits)


class Line(NamedTuple):
    """An outcome as the file of semantics, section 7, has it; instants count from T0."""

    milestone: str
    outcome: str
    n: int
    at: Duration
    ref: Duration | None


@dataclass(slots=True)
class Life:
    """One subject's life with a catalog: what is delivered in one call, and all that came of it so far."""

    catalog: Catalog
    progress: Progress = field(default_factory=lambda: Progress(SUBJECT))
    outcomes: list[Outcome] = field(default_factory=list)
    nudges: list[Nudge] = field(default_factory=list)

    def get(self, *stimuli: Stimulus, now: Instant | None = None) -> Advance:
        """Deliver events in one call, judged when the last of them arrives unless said otherwise."""
        arrived = max((each.arrived for each in stimuli if not isinstance(each, Tick)), default=T0)
        return self._take(advance(self.progress, stimuli, self.catalog, arrived if now is None else now))

    def each(self, events: Iterable[Track | Identify]) -> "Life":
        """Deliver events one by one."""
        for event in events:
            self.get(event)
        return self

    def tick(self, until: Instant, now: Instant | None = None) -> Advance:
        """Let the clock decide up to `until`."""
        return self.get(Tick(until), now=until if now is None else now)

    def lines(self) -> list[Line]:
        """The final state: every outcome but those that were undone."""
        undone = {(each.milestone, kind, each.n) for each in self.outcomes for kind in each.undoes}
        return sorted(
            Line(each.milestone, each.outcome, each.n, each.at - T0, None if each.ref is None else each.ref - T0)
            for each in self.outcomes
            if (each.milestone, each.outcome, each.n) not in undone
        )

    def standing(self, name: str = "m") -> Standing:
        """The standing on a milestone."""
        return self.progress.standings[name]

    def _take(self, result: Advance) -> Advance:
        self.progress = result.progress
        self.outcomes.extend(result.outcomes)
        self.nudges.extend(result.nudges)
        return result

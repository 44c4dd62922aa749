"""The catalog as the core reads it: validated, compiled, immutable (semantics, section 2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from json import dumps
from typing import Final

from milepost.domain import compiled
from milepost.domain.compiled import Options, typed
from milepost.domain.instant import Duration
from milepost.domain.local import WEEKDAYS
from milepost.domain.milestone import PATHS, Milestone, Step, Within
from milepost.domain.roster import Roster
from milepost.domain.rules import build

ALWAYS: Final = "always"
"""In `consent`: the channel needs nobody's yes."""
ACCOUNT: Final = "account:"
USER: Final = "user:"
"""What subjects of a kind begin with."""
_THRESHOLD_BITS: Final = 12


@dataclass(frozen=True, slots=True)
class Catalog:
    """All milestones of a team, and what holds for every one of them."""

    name: str
    version: int
    timezone: str | None
    week_starts: int
    max_age: Duration
    grace: Duration
    events: frozenset[str]
    consent: Mapping[str, str]
    milestones: Mapping[str, Milestone]
    users: Roster
    accounts: Roster

    @classmethod
    def of(  # noqa: PLR0913  # One argument for each line at the top of a catalog.
        cls,
        name: str,
        milestones: Iterable[Milestone],
        *,
        version: int,
        max_age: Duration,
        grace: Duration,
        events: frozenset[str],
        consent: Mapping[str, str],
        timezone: str | None = None,
        week_starts: int = 0,
    ) -> "Catalog":
        """A catalog of these milestones."""
        all_ = tuple(milestones)
        return cls(
            name,
            version,
            timezone,
            week_starts,
            max_age,
            grace,
            events,
            consent,
            {each.id: each for each in all_},
            Roster.of((each for each in all_ if each.subject == "user"), events),
            Roster.of((each for each in all_ if each.subject == "account"), events),
        )

    def roster(self, subject: str) -> Roster:
        """The milestones of this subject's kind."""
        return self.accounts if subject.startswith(ACCOUNT) else self.users


def catalog_from_compiled(options: Options) -> Catalog:
    """Read what `milepost build` wrote.

    Raises:
        KeyError, TypeError: the options are not a compiled catalog of this version of Milepost.
    """
    milestones = compiled.options_of(options, "milestones")
    return Catalog.of(
        compiled.text(options, "catalog"),
        [_milestone(name, typed(each, dict)) for name, each in milestones.items()],
        version=compiled.integer(options, "version"),
        max_age=compiled.duration(options, "max_age"),
        grace=compiled.duration(options, "grace"),
        events=frozenset(compiled.texts(options, "events")),
        consent={channel: typed(need, str) for channel, need in compiled.options_of(options, "consent").items()},
        timezone=compiled.text_or_none(options, "timezone"),
        week_starts=WEEKDAYS[compiled.text(options, "week_starts")],
    )


def _milestone(name: str, options: Options) -> Milestone:
    rule = compiled.options_of(options, "reach")
    within = compiled.options_of(options, "within") if options.get("within") else None
    steps = compiled.options_of(options, "steps")
    return Milestone(
        id=name,
        title=compiled.text(options, "title"),
        stage=compiled.text_or_none(options, "stage"),
        tier=compiled.text(options, "tier"),
        owner=compiled.text_or_none(options, "owner"),
        subject=compiled.text(options, "subject"),
        audience=compiled.conditions(options, "audience"),
        rule=build(rule),
        within=None if within is None else _within(within),
        fresh_for=compiled.duration(options, "fresh_for"),
        steps={path: tuple(_step(typed(each, dict)) for each in typed(steps[path], list)) for path in PATHS},
        nudges_on_introduction=compiled.flag(options, "nudges_on_introduction"),
        shape=shape_of(rule, within),
    )


def shape_of(rule: Options, within: Options | None) -> int:
    """A fingerprint of rule and deadline, by which what was remembered under another rule is recognised.

    The upper 16 bits are about what decides the form and meaning of what is remembered, the lower 12 about the
    threshold and the length of the deadline, which can change without. They only have to differ from the few that
    the same milestone had before.
    """
    threshold = {"at_least": rule.get("at_least"), "for": None if within is None else within["for"]}
    form = (
        {key: each for key, each in rule.items() if key != "at_least"},
        None if within is None else within["from"],
    )
    return _bits(form, 2) << _THRESHOLD_BITS | _bits(threshold, 2) >> 16 - _THRESHOLD_BITS


def same_form(shape: int, other: int) -> bool:
    """Whether what was remembered under the one can be used under the other."""
    return shape >> _THRESHOLD_BITS == other >> _THRESHOLD_BITS


def _bits(value: object, size: int) -> int:
    return int.from_bytes(blake2b(dumps(value, sort_keys=True).encode(), digest_size=size).digest(), "big")


def _within(options: Options) -> Within:
    start = compiled.options_of(options, "from")
    return Within(
        compiled.duration(options, "for"),
        compiled.matcher(start) if "event" in start else None,
        compiled.text_or_none(start, "milestone"),
        compiled.text_or_none(start, "trait"),
    )


def _step(options: Options) -> Step:
    return Step(compiled.texts(options, "channels"), compiled.text(options, "template"))

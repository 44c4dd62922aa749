"""The catalog as the core reads it: validated, compiled, immutable (semantics, section 2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import blake2b
from json import dumps
from typing import Final, TypeAlias

from milepost.domain import compiled, compiled_facts, compiled_nudges
from milepost.domain.addresses import Addresses
from milepost.domain.compiled import Options, typed
from milepost.domain.demand import Watch
from milepost.domain.guardrails import Guardrails
from milepost.domain.instant import Duration
from milepost.domain.local import WEEKDAYS
from milepost.domain.milestone import PATHS, Milestone, Path, Step, Within
from milepost.domain.roster import Roster
from milepost.domain.rules import build
from milepost.domain.totals import Total

ALWAYS: Final = "always"
"""In `consent`: the channel needs nobody's yes."""
Variants: TypeAlias = tuple[tuple[Fraction, Milestone], ...]
"""The share of subjects, all of them 1, and what the milestone is for them."""
ACCOUNT: Final = "account:"
USER: Final = "user:"
"""What subjects of a kind begin with."""
_THRESHOLD_BITS: Final = 12
_NONE: Final = Guardrails()
_USUAL: Final = Addresses()
_NO_TOTALS: Final[Mapping[str, Total]] = {}
_MOST_DRAWN: Final = 256
"""Combinations of variants that are kept ready."""


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
    guardrails: Guardrails = _NONE
    watches: tuple[Watch, ...] = ()
    """What has to be remembered of events for the conditions of guardrails and steps."""
    addresses: Addresses = _USUAL
    totals: Mapping[str, Total] = field(default_factory=dict)
    """What nudges tell of a subject, by name."""
    kept_totals: tuple[Total, ...] = ()
    """Those that need an amount of their own."""
    tested: tuple[Milestone, ...] = ()
    """The milestones that have variants."""
    _drawn: dict[tuple[str | None, ...], "Catalog"] = field(default_factory=dict, repr=False, compare=False)
    """What `seen_by` has made, by the variants drawn."""

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
        guardrails: Guardrails = _NONE,
        addresses: Addresses = _USUAL,
        totals: Mapping[str, Total] = _NO_TOTALS,
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
            guardrails,
            _watches(guardrails, all_),
            addresses,
            totals,
            tuple({each.key: each for each in totals.values() if each.is_kept}.values()),
            tuple(each for each in all_ if each.variants),
        )

    def seen_by(self, subject: str) -> "Catalog":
        """The catalog as it is for this subject: of milestones with variants, the one that the lot falls on."""
        drawn = {each.id: each.drawn(self.name, subject) for each in self.tested}
        key = tuple(each.variant for each in drawn.values())
        if key not in self._drawn:
            if len(self._drawn) >= _MOST_DRAWN:
                self._drawn.clear()
            self._drawn[key] = self._with({**self.milestones, **drawn})
        return self._drawn[key]

    def _with(self, milestones: Mapping[str, Milestone]) -> "Catalog":
        rosters = (
            Roster.of((each for each in milestones.values() if each.subject == kind), self.events)
            for kind in ("user", "account")
        )
        users, accounts = rosters
        return replace(self, milestones=milestones, users=users, accounts=accounts, tested=(), _drawn={})

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
        guardrails=compiled_nudges.guardrails(compiled.options_of(options, "guardrails")),
        addresses=compiled_facts.addresses(compiled.options_of(options, "addresses")),
        totals=compiled_facts.totals(compiled.options_of(options, "totals")),
    )


def _watches(guardrails: Guardrails, milestones: Iterable[Milestone]) -> tuple[Watch, ...]:
    steps = (step for each in milestones for steps in each.steps.values() for step in steps)
    found = [demand.seen for demand in guardrails.suppress if demand.seen is not None]
    found += [watch for step in steps for watch in step.watches]
    return tuple({watch.key: watch for watch in found}.values())


def _milestone(name: str, options: Options) -> Milestone:
    rule = compiled.options_of(options, "reach")
    within = compiled.options_of(options, "within") if options.get("within") else None
    plain = Milestone(
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
        steps=_steps(compiled.options_of(options, "steps")),
        nudges_on_introduction=compiled.flag(options, "nudges_on_introduction"),
        shape=shape_of(rule, within),
        priority=compiled.integer(options, "priority"),
        holdout=compiled_nudges.holdout(options),
        next=compiled.text_or_none(options, "next"),
        reward=compiled.text_or_none(options, "reward"),
        call_to_action=compiled_facts.call_to_action(options),
        card=compiled.text_or_none(options, "card"),
    )
    variants = compiled.options_of(options, "variants")
    return replace(plain, variants=_variants(plain, {each: typed(variants[each], dict) for each in variants}, options))


def _variants(plain: Milestone, variants: Mapping[str, Options], options: Options) -> Variants:
    """The milestone as each variant has it: with its own threshold, and its own templates in place of others."""
    rule, within = compiled.options_of(options, "reach"), options.get("within")
    whole = sum(compiled.decimal(each, "share") for each in variants.values())
    found = []
    for name, each in variants.items():
        own = {**rule, **compiled.options_of(each, "reach")}
        steps = {path: tuple(_retold(step, each) for step in plain.steps[path]) for path in PATHS}
        shape = shape_of(own, None if within is None else typed(within, dict))
        milestone = replace(plain, rule=build(own), shape=shape, steps=steps, variant=name)
        found.append((Fraction(compiled.decimal(each, "share")) / Fraction(whole), milestone))
    return tuple(found)


def _retold(step: Step, variant: Options) -> Step:
    template = compiled.text_or_none(compiled.options_of(variant, "templates"), step.template)
    return step if template is None else replace(step, template=template)


def _steps(steps: Options) -> Mapping[Path, tuple[Step, ...]]:
    return {path: tuple(compiled_nudges.step(typed(each, dict)) for each in typed(steps[path], list)) for path in PATHS}


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

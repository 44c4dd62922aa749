"""The catalog as the core reads it: validated, compiled, immutable (semantics, section 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from json import dumps
from typing import Final, Literal, TypeAlias

from milepost.domain import compiled
from milepost.domain.compiled import Options, typed
from milepost.domain.event import Track
from milepost.domain.instant import Duration
from milepost.domain.matcher import Matcher
from milepost.domain.rules import KINDS, Rule

Path: TypeAlias = Literal["reached", "missed", "recovered"]
PATHS: Final[tuple[Path, ...]] = ("reached", "missed", "recovered")
ALWAYS: Final = "always"
"""In `consent`: the channel needs nobody's yes."""


@dataclass(frozen=True, slots=True)
class Within:
    """A deadline: the first event that `start` matches, plus `duration`."""

    start: Matcher
    duration: Duration


@dataclass(frozen=True, slots=True)
class Step:
    """What to send on a path: the first of `channels` that has consent gets `template`."""

    channels: tuple[str, ...]
    template: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone.

    `fresh_for` is the age from which on its event is too old for a nudge; `shape` is a fingerprint of rule and
    deadline, by which what was remembered under another rule is recognised.
    """

    id: str
    title: str
    stage: str | None
    tier: str
    owner: str | None
    rule: Rule
    within: Within | None
    fresh_for: Duration
    steps: Mapping[Path, tuple[Step, ...]]
    shape: int = 0

    def concerned_by(self, name: str) -> bool:
        """Whether an event of that name can matter to the rule or the deadline."""
        matchers = [self.rule.names] + ([self.within.start.names] if self.within else [])
        return any(names is None or name in names for names in matchers)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All milestones of a team, and what holds for every one of them."""

    name: str
    version: int
    timezone: str | None
    max_age: Duration
    grace: Duration
    events: frozenset[str]
    consent: Mapping[str, str]
    milestones: Mapping[str, Milestone]
    _concerned: dict[str, tuple[Milestone, ...]] = field(default_factory=dict, compare=False, repr=False)

    def concerned_by(self, event: Track) -> tuple[Milestone, ...]:
        """The milestones that an event of this name can matter to, in catalog order."""
        found = self._concerned.get(event.name)
        if found is None:
            found = tuple(each for each in self.milestones.values() if each.concerned_by(event.name))
            if event.name in self.events:  # Only names of the tracking plan: others come from outside, without end.
                self._concerned[event.name] = found
        return found


def catalog_from_compiled(options: Options) -> Catalog:
    """Read what `milepost build` wrote.

    Raises:
        KeyError, TypeError: the options are not a compiled catalog of this version of Milepost.
    """
    return Catalog(
        name=compiled.text(options, "catalog"),
        version=compiled.integer(options, "version"),
        timezone=compiled.text_or_none(options, "timezone"),
        max_age=compiled.duration(options, "max_age"),
        grace=compiled.duration(options, "grace"),
        events=frozenset(compiled.texts(options, "events")),
        consent={channel: typed(need, str) for channel, need in compiled.options_of(options, "consent").items()},
        milestones={
            name: _milestone(name, typed(each, dict))
            for name, each in compiled.options_of(options, "milestones").items()
        },
    )


def _milestone(name: str, options: Options) -> Milestone:
    rule = compiled.options_of(options, "reach")
    steps = compiled.options_of(options, "steps")
    return Milestone(
        id=name,
        title=compiled.text(options, "title"),
        stage=compiled.text_or_none(options, "stage"),
        tier=compiled.text(options, "tier"),
        owner=compiled.text_or_none(options, "owner"),
        rule=KINDS[compiled.text(rule, "kind")].from_compiled(rule),
        within=_within(compiled.options_of(options, "within")) if options.get("within") else None,
        fresh_for=compiled.duration(options, "fresh_for"),
        steps={path: tuple(_step(typed(each, dict)) for each in typed(steps[path], list)) for path in PATHS},
        shape=_shape(rule, options.get("within")),
    )


def _shape(*parts: object) -> int:
    """16 bits of a hash: it only has to differ from the few that the same milestone had before."""
    return int.from_bytes(blake2b(dumps(parts, sort_keys=True).encode(), digest_size=2).digest(), "big")


def _within(options: Options) -> Within:
    return Within(compiled.matcher(compiled.options_of(options, "from")), compiled.duration(options, "for"))


def _step(options: Options) -> Step:
    return Step(compiled.texts(options, "channels"), compiled.text(options, "template"))

"""The catalog as the core reads it: validated, compiled, immutable (semantics, section 2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from milepost.domain import compiled, compiled_facts, compiled_milestones, compiled_nudges
from milepost.domain.addresses import Addresses
from milepost.domain.compiled import Options, typed
from milepost.domain.demand import Watch
from milepost.domain.guardrails import Guardrails
from milepost.domain.instant import Duration
from milepost.domain.local import WEEKDAYS
from milepost.domain.milestone import Milestone
from milepost.domain.roster import Roster
from milepost.domain.totals import Total

ALWAYS: Final = "always"
"""In `consent`: the channel needs nobody's yes."""
ACCOUNT: Final = "account:"
USER: Final = "user:"
"""What subjects of a kind begin with."""
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
        [compiled_milestones.milestone(name, typed(each, dict)) for name, each in milestones.items()],
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

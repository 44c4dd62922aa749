"""A plausible subject, made up from what the templates use, so that a text can be seen before anybody gets it."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from milepost.domain.catalog import ACCOUNT, USER, Catalog
from milepost.domain.facts import facts_of, no_shares
from milepost.domain.instant import HOUR, Instant, parse_instant
from milepost.domain.outbox import Nudge, stable_id
from milepost.domain.progress import Progress, Trait
from milepost_tools.templates.steps import Use

AT: Final = parse_instant("2026-11-22T17:30:00Z")
"""When a sample came that far."""
_DATE: Final = "2026-12-24T09:00:00-05:00"
_HINTS: Final[tuple[tuple[tuple[str, ...], object], ...]] = (
    (("mail",), "ada@example.com"),
    (("url", "link"), "https://example.com/ada"),
    (("_at", "_on", "date", "birthday", "renew", "expire"), _DATE),
    (("count", "number", "minutes", "points", "amount", "balance", "age", "seats"), 42),
    (("name",), "Ada"),
)
"""What stands in a trait whose name holds one of these."""
_TOTAL: Final = 2_820
"""Of whatever it is: minutes that are 47 hours, say."""
GUESSES: Final[tuple[object | None, ...]] = (None, _DATE, 42)
"""What to try for all traits, one after another: None is by their names."""


class Sample(NamedTuple):
    """A nudge, whom it is for, and what is known of them."""

    nudge: Nudge
    progress: Progress
    facts: Mapping[str, object]

    def without_trait(self, name: str) -> "Sample":
        """The same of somebody who does not have it."""
        traits = {each: value for each, value in self.progress.traits.items() if each != name}
        return self._replace(progress=self.progress._replace(traits=traits))

    def without_fact(self, name: str) -> "Sample":
        """The same where there is nothing of that kind to tell."""
        return self._replace(facts={**self.facts, name: None})


def sample_of(catalog: Catalog, use: Use, traits: Collection[str], guess: object | None = None) -> Sample:
    """Somebody to whom all that varies between people is known."""
    subject = f"{ACCOUNT if use.milestone.subject == 'account' else USER}sample"
    nudge = nudge_of(catalog, use, subject)
    values = {name: plausible(name) if guess is None else guess for name in traits}
    progress = Progress(subject, catalog.version, {name: Trait(value, AT) for name, value in values.items()})
    facts = facts_of(progress, catalog, nudge, no_shares).as_data()
    supposed = {"progress": _next(catalog, use), "members": {"reached": 240, "of": 3_000, "ahead_of": 92}}
    known = {name: supposed.get(name) if fact is None else fact for name, fact in facts.items()}
    return Sample(nudge, progress, {**known, "totals": dict.fromkeys(catalog.totals, _TOTAL)})


def nudge_of(catalog: Catalog, use: Use, subject: str, at: Instant = AT, n: int = 1) -> Nudge:
    """The nudge of a step for somebody who came that far for the n-th time at that instant."""
    return Nudge(
        id=stable_id(catalog.name, use.milestone.id, subject, n, use.path, use.step),
        subject=subject,
        milestone=use.milestone.id,
        path=use.path,
        step=use.step,
        n=n,
        channel=use.channel,
        template=use.template,
        verdict="sent",
        reason=None,
        at=at,
        decided_at=at,
        not_after=at + HOUR,
        catalog_version=catalog.version,
        variant=use.milestone.variant,
    )


def plausible(trait: str) -> object:
    """What a trait of that name may hold."""
    found = (value for hints, value in _HINTS if any(hint in trait.lower() for hint in hints))
    return next(found, trait.replace("_", " "))


def _next(catalog: Catalog, use: Use) -> Mapping[str, object] | None:
    """Progress towards what comes after a milestone, if anything does."""
    kind = [each for each in catalog.milestones.values() if each.subject == use.milestone.subject]
    place = [each.id for each in kind].index(use.milestone.id)
    after = use.milestone if use.milestone.rule.repeats else next(iter(kind[place + 1 :]), None)
    if after is None:
        return None
    return {"milestone": after.id, "title": after.title, "have": 3, "need": 10, "left": 7}

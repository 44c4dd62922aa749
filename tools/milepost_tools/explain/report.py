"""All that there is to say of a subject: what `page` and `--json` show."""

from collections.abc import Sequence

from milepost.domain.catalog import ACCOUNT, Catalog
from milepost.domain.instant import format_duration
from milepost.domain.local import Local
from milepost.domain.milestone import Milestone
from milepost_tools.catalog.problems import suggestion
from milepost_tools.explain.facts import Clock, MilestoneFacts, NudgeFacts, Report
from milepost_tools.explain.known import Decision, Known
from milepost_tools.explain.moments import moment, moment_or_none
from milepost_tools.explain.person import calendar_of, person_of
from milepost_tools.explain.reasons import why
from milepost_tools.explain.state import so_far_text, state_of
from milepost_tools.explain.story import told
from milepost_tools.explain.view import View
from milepost_tools.explain.wording import condition_text, start_text
from milepost_tools.problem import ProblemError


def report(known: Known, catalog: Catalog, milestone: str | None = None) -> Report:
    """The report on a subject: on all milestones of its kind, or on this one.

    Raises:
        ProblemError: the catalog has no such milestone for subjects of this kind.
    """
    catalog = catalog.seen_by(known.subject)
    local = calendar_of(known.progress, catalog)
    chosen = chosen_of(catalog, known.subject, milestone)
    views = [View(known, catalog, each, local) for each in chosen]
    unknown = [each for each in known.decisions if each.milestone not in catalog.milestones]
    return Report(
        subject=known.subject,
        asked=known.asked,
        since=moment_or_none(known.since, local),
        source=known.source,
        as_of=None if known.now is None else moment(known.now, local),
        catalog=catalog.name,
        version=catalog.version,
        person=person_of(known.progress, catalog, local),
        milestones=tuple(_facts(view) for view in views),
        others=() if milestone else tuple(_nudge(each, each.reason or each.verdict, local) for each in unknown),
        events=told(known.happenings, local, milestone),
        unreadable=known.unreadable,
    )


def chosen_of(catalog: Catalog, subject: str, milestone: str | None) -> Sequence[Milestone]:
    """The milestones to speak of, in the order of the catalog. Raises as `report` does."""
    if milestone is None:
        return catalog.roster(subject).milestones
    found = catalog.milestones.get(milestone)
    if found is None:
        otherwise = f"It has {', '.join(catalog.milestones)}."
        raise ProblemError(
            f"The catalog {catalog.name} has no milestone '{milestone}'.",
            suggestion(milestone, catalog.milestones, otherwise),
        )
    if (found.subject == "account") != subject.startswith(ACCOUNT):
        raise ProblemError(
            f"'{milestone}' is a milestone of {found.subject}s, and {subject} is none.",
            f"Ask for one such as {found.subject}:ID.",
        )
    return (found,)


def _facts(view: View) -> MilestoneFacts:
    milestone, standing, so_far = view.milestone, view.standing, view.so_far
    name, means = state_of(view)
    names = milestone.rule.names
    return MilestoneFacts(
        id=milestone.id,
        title=milestone.title,
        state=name,
        means=means,
        occurrences=standing.occurrences,
        last=None if standing.at is None else view.at(standing.at),
        missing=so_far_text(view),
        have=None if so_far is None else str(so_far.have),
        need=None if so_far is None else str(so_far.need),
        clock=_clock(view),
        takes_part=not view.failing,
        audience=tuple(condition_text(each) for each in milestone.audience),
        failing=view.failing,
        events=None if names is None else tuple(sorted(names)),
        traits=tuple(sorted(milestone.rule.traits)),
        starts_with=None if milestone.within is None else start_text(milestone.within),
        steps={path: len(steps) for path, steps in milestone.steps.items()},
        nudges=tuple(_nudge(each, why(view, each), view.local) for each in view.decisions),
    )


def _clock(view: View) -> Clock | None:
    within, waits = view.milestone.within, view.waits_until
    until = view.ends if within is not None else waits
    if until is None:
        return None
    anchor = view.course.anchor if within is not None else None
    return Clock(
        runs=waits is not None,
        began=None if anchor is None else view.at(anchor),
        until=view.at(until),
        decided_from=view.at(until + view.catalog.grace),
        length=None if within is None else format_duration(within.duration),
        grace=format_duration(view.catalog.grace),
    )


def _nudge(decision: Decision, because: str, local: Local) -> NudgeFacts:
    return NudgeFacts(
        id=decision.id,
        milestone=decision.milestone,
        path=decision.path,
        step=decision.step,
        n=decision.n,
        channel=decision.channel,
        template=decision.template,
        verdict=decision.verdict,
        reason=decision.reason,
        why=because,
        at=moment(decision.at, local),
        decided_at=moment(decision.decided_at, local),
        until=moment_or_none(decision.until, local),
        waits=decision.waits or decision.pending,
        attempt=decision.attempt,
    )

"""A validated catalog as the JSON that `milepost.domain.catalog` reads."""

from milepost.domain.event import REPORTS
from milepost.domain.instant import parse_duration
from milepost_tools.catalog.language import Catalog, Milestone, Within
from milepost_tools.catalog.matching import Compiled, conditions_compiled
from milepost_tools.catalog.whole import RETRACTABLE, retracting


def compiled(catalog: Catalog) -> Compiled:
    """The compiled catalog: the same for the same catalog, sorted where order means nothing."""
    return {
        "catalog": catalog.catalog,
        "version": catalog.version,
        "timezone": catalog.timezone,
        "week_starts": catalog.week_starts,
        "max_age": parse_duration(catalog.max_age),
        "grace": parse_duration(catalog.grace),
        "events": _events(catalog),
        "consent": {channel: catalog.consent[channel] for channel in sorted(catalog.consent)},
        "addresses": {channel: catalog.addresses[channel] for channel in sorted(catalog.addresses)},
        "totals": {name: _taking_back(each.compiled(), catalog) for name, each in sorted(catalog.totals.items())},
        "guardrails": _guardrails(catalog),
        "milestones": {name: _milestone(name, each, catalog) for name, each in catalog.milestones.items()},
    }


def _events(catalog: Catalog) -> list[str]:
    """The tracking plan and the reports that anything looks at; without a plan, all that milestones and totals do."""
    looked_at = [each.names for each in catalog.milestones.values()] + [each.names for each in catalog.totals.values()]
    names = {name for each in looked_at for name in each}
    return sorted(names if catalog.events is None else {*catalog.events, *(names & REPORTS)})


def _milestone(name: str, milestone: Milestone, catalog: Catalog) -> Compiled:
    return {
        "title": milestone.title or _title(name),
        "stage": milestone.stage,
        "tier": milestone.tier,
        "owner": milestone.owner,
        "subject": milestone.subject,
        "audience": conditions_compiled(milestone.audience),
        "reach": _retractable(milestone.reach.compiled(), catalog),
        "within": _within(milestone.within) if milestone.within else None,
        "fresh_for": parse_duration(milestone.fresh_for),
        "nudges_on_introduction": milestone.on_introduction == "nudge",
        "steps": {
            "reached": [step.compiled() for step in milestone.on_reached],
            "missed": [step.compiled() for step in milestone.on_missed],
            "recovered": [step.compiled() for step in milestone.on_recovered],
        },
        "priority": milestone.priority,
        "holdout": _own_holdout(name, milestone, catalog),
        "next": milestone.next,
        "reward": milestone.reward,
        "call_to_action": call.model_dump() if (call := milestone.call_to_action) else None,
        "card": milestone.card,
        "variants": {each: milestone.variants[each].compiled(milestone.reach) for each in sorted(milestone.variants)},
    }


def _guardrails(catalog: Catalog) -> Compiled:
    quiet, window, arbitration, holdout = catalog.quiet_hours, catalog.send_window, catalog.arbitration, catalog.holdout
    return {
        "holdout": {"share": str(holdout.share), "salt": holdout.salt} if holdout else None,
        "caps": [cap.compiled() for cap in catalog.caps],
        "quiet": quiet.compiled() if quiet else None,
        "window": window.compiled() if window else None,
        "suppress": [each.compiled() for each in catalog.suppress],
        "arbitration": arbitration.compiled() if arbitration else None,
    }


def _own_holdout(name: str, milestone: Milestone, catalog: Catalog) -> Compiled | None:
    own, common = milestone.holdout, catalog.holdout
    if own is None:
        return None
    return {"share": str(own.share), "salt": own.salt or (common.salt if common else name)}


def _title(name: str) -> str:
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _within(within: Within) -> Compiled:
    return {"from": within.start.compiled(), "for": parse_duration(within.duration)}


def _retractable(rule: Compiled, catalog: Catalog) -> Compiled:
    """The rule, and what it holds, with the names of the events that take back what it counts (semantics, 3.10)."""
    nested = [
        _retractable(each, catalog) if "kind" in each else each for each in rule.get("of", ()) if isinstance(each, dict)
    ]
    held = {"of": nested} if nested else {}
    return _taking_back({**rule, **held}, catalog)


def _taking_back(counting: Compiled, catalog: Catalog) -> Compiled:
    """What counts, with the names of the events that take back, if it is of a kind that can be taken back from."""
    back = retracting(counting["event"], catalog.events or {}) if counting["kind"] in RETRACTABLE else []
    return {**counting, **({"back": back} if back else {})}

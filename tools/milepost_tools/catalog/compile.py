"""A validated catalog as the JSON that `milepost.domain.catalog` reads."""

from milepost.domain.instant import parse_duration
from milepost_tools.catalog.language import Catalog, Milestone, Step, Within
from milepost_tools.catalog.matching import Compiled


def compiled(catalog: Catalog) -> Compiled:
    """The compiled catalog: the same for the same catalog, sorted where order means nothing."""
    return {
        "catalog": catalog.catalog,
        "version": catalog.version,
        "timezone": catalog.timezone,
        "max_age": parse_duration(catalog.max_age),
        "grace": parse_duration(catalog.grace),
        "events": _events(catalog),
        "consent": {channel: catalog.consent[channel] for channel in sorted(catalog.consent)},
        "milestones": {name: _milestone(name, each) for name, each in catalog.milestones.items()},
    }


def _events(catalog: Catalog) -> list[str]:
    """The tracking plan; without one, what the milestones look at."""
    if catalog.events is not None:
        return sorted(catalog.events)
    return sorted({name for milestone in catalog.milestones.values() for name in milestone.names})


def _milestone(name: str, milestone: Milestone) -> Compiled:
    return {
        "title": milestone.title or _title(name),
        "stage": milestone.stage,
        "tier": milestone.tier,
        "owner": milestone.owner,
        "reach": milestone.reach.compiled(),
        "within": _within(milestone.within) if milestone.within else None,
        "fresh_for": parse_duration(milestone.fresh_for),
        "steps": {
            "reached": [_step(step) for step in milestone.on_reached],
            "missed": [_step(step) for step in milestone.on_missed],
            "recovered": [_step(step) for step in milestone.on_recovered],
        },
    }


def _title(name: str) -> str:
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _within(within: Within) -> Compiled:
    return {"from": within.start.matcher_compiled(), "for": parse_duration(within.duration)}


def _step(step: Step) -> Compiled:
    return {"channels": step.channels, "template": step.template}

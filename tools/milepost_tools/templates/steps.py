"""Where a catalog uses its templates: each step by each of its channels, in each of its milestone's variants."""

from collections.abc import Iterator
from typing import NamedTuple

from milepost.domain.catalog import Catalog
from milepost.domain.milestone import PATHS, Milestone, Path
from milepost_tools.catalog.problems import Place


class Use(NamedTuple):
    """A step's template on one channel. `milestone` is as its variant has it; `place` is where the catalog says so."""

    milestone: Milestone
    path: Path
    step: int
    template: str
    channel: str
    place: Place


def uses_of(catalog: Catalog) -> Iterator[Use]:
    """All of them, in the order of the catalog."""
    for plain in catalog.milestones.values():
        # With variants, nobody gets it as it is without.
        for milestone in [each for _, each in plain.variants] or [plain]:
            yield from _uses(plain, milestone)


def _uses(plain: Milestone, milestone: Milestone) -> Iterator[Use]:
    for path in PATHS:
        for number, step in enumerate(milestone.steps[path]):
            written = plain.steps[path][number].template
            place: Place = ("milestones", plain.id, f"on_{path}", number, "template")
            if step.template != written and milestone.variant is not None:
                place = ("milestones", plain.id, "variants", milestone.variant, "templates", written)
            for channel in step.channels:
                yield Use(milestone, path, number, step.template, channel, place)

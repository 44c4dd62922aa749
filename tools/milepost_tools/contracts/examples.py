"""The run that examples are taken from: a small log through the real core, and the messages that come out of it."""

from collections.abc import Iterator, Mapping
from functools import cache
from json import loads
from pathlib import Path
from typing import Any, Final, NamedTuple

from milepost.adapters.cloudevents import attributes, cloud_event
from milepost.adapters.composing import LiquidComposer
from milepost.application.ports import Outgoing
from milepost.domain.outbox import Nudge, Outcome
from milepost_tools.catalog import load_catalog
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.recording import read_parcels
from milepost_tools.local.stack import OUTCOMES
from milepost_tools.templates.compile import compile_with_templates

FOLDER: Final = Path(__file__).parent / "example"
CATALOG: Final = FOLDER / "catalog.yaml"
LOG: Final = FOLDER / "events.ndjson"
AS_OF: Final = "2026-11-12T12:00:00Z"
Json = Mapping[str, Any]


class Published(NamedTuple):
    """A message of the run, the topic that it goes to, and its attributes."""

    topic: str
    message: Json
    attributes: Mapping[str, str]


def example_run() -> Simulation:
    """The whole log, with the clock moved to `AS_OF`."""
    return Simulation(load_catalog(CATALOG)).run(read_parcels(str(LOG)), read_as_of(AS_OF))


@cache
def published() -> tuple[Published, ...]:
    """What goes to the topics, in the order of its decisions, as the templates render it."""
    run = example_run()
    composer = LiquidComposer(run.catalog, compile_with_templates(CATALOG)[1], lambda _: None)
    entries: list[Outcome | Nudge] = [*run.outcomes, *(each for each in run.nudges if each.verdict == "sent")]
    entries.sort(key=lambda each: (each.decided_at, each.id))
    return tuple(_published(run, composer, each) for each in entries)


def _published(run: Simulation, composer: LiquidComposer, entry: Outcome | Nudge) -> Published:
    """The subject is as the run has left it."""
    data = composer.compose(entry, run.subjects[entry.subject]) if isinstance(entry, Nudge) else {}
    message = loads(cloud_event(Outgoing(entry, data), run.catalog))
    topic = entry.channel if isinstance(entry, Nudge) else OUTCOMES
    return Published(topic, message, attributes(entry, run.catalog))


def sent_in() -> Iterator[Json]:
    """The events of the log, as producers sent them."""
    for line in LOG.read_text(encoding="utf-8").splitlines():
        yield loads(line)

"""The examples that the AsyncAPI document shows, through the local stack: what subscribers get is what it promises."""

import json
from collections.abc import Mapping
from typing import Any

from milepost.adapters.topics import OUTCOMES
from milepost_tools.catalog import load_catalog
from milepost_tools.contracts.examples import AS_OF, FOLDER, LOG, published
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.replay import Replay
from milepost_tools.local.deploy import local_stack
from milepost_tools.local.recording import read_parcels
from tests.tools.contracts.schemas import flaws


def test_subscribers_get_the_messages_of_the_document() -> None:
    """Every one on its topic, valid, under the id of the example, and saying the same."""
    catalog = FOLDER / "catalog.yaml"
    with local_stack(catalog=catalog, clock="replay") as stack:
        replay = Replay(stack, load_catalog(catalog), lambda _: None)
        replay.run(list(read_parcels(str(LOG))), read_as_of(AS_OF))
    told = {(each.topic, event["id"]): event for each in replay.messages for event in [json.loads(each.body)]}
    flawed = [flaws("outcome" if topic == OUTCOMES else "nudge", event) for (topic, _), event in told.items()]
    assert flawed == [[]] * len(told)
    shown = {(each.topic, each.message["id"]): each.message for each in published()}
    assert told.keys() == shown.keys()
    assert {each: settled(event) for each, event in told.items()} == {each: settled(shown[each]) for each in shown}


def settled(event: Any) -> Mapping[str, Any]:
    """What a message says once and for all: what it knows of its subject is of the moment when it goes."""
    return {key: value for key, value in event["data"].items() if key not in ("totals", "progress", "members")}

"""The whole stack: what becomes of an event, and of a message that is none."""

import json
import time
from collections.abc import Sequence
from functools import partial
from itertools import product

from milepost.domain.catalog import USER
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.dead_letters import Letter, dead_letters
from milepost_tools.local.sending import Parcel, send_batch
from milepost_tools.local.stack import OUTCOMES
from milepost_tools.local.subscriptions import Inbox, subscribe
from milepost_tools.problem import ProblemError
from milepost_tools.verify.lab import PATIENCE, Lab
from milepost_tools.verify.person import counted, events, person
from milepost_tools.verify.verdict import DiffersError, NotTestableError, expect


def outcome(lab: Lab) -> str:
    """Events that reach a milestone wake publish through the stream's filter, and the topic tells of it."""
    names = _telling_events(lab)
    inbox = lab.use(f"subscription to {OUTCOMES}", subscribe(lab.stack, [OUTCOMES]))[OUTCOMES]
    for attempt in ("first", "second"):  # A new queue may refuse its topic until all of AWS knows of it.
        user, started = person(lab, f"{attempt}-outcome"), time.monotonic()
        _send(lab, events(user, names))
        if lab.eventually(partial(_tells, inbox, f"{USER}{user}")):
            return f"{time.monotonic() - started:.1f} s from SendMessage to the outcome"
    raise DiffersError(f"the topic tells of nothing within {PATIENCE:.0f} s, twice")


def refused_message(lab: Lab) -> str:
    """Of two messages the malformed one, and no other, ends in the dead-letter queue with its reason."""
    user = person(lab, "neighbour")
    bodies = [f'{{"verify": "{lab.prefix}"', *events(user, ["milepost_verify"])]
    lab.made("the refused message", partial(_letters, lab))
    _send(lab, bodies)
    found = lab.eventually(partial(_letters, lab))
    if not found:
        raise DiffersError(f"it did not come there within {PATIENCE:.0f} s")
    expect("bodies there", [each.body for each in found], bodies[:1])
    expect("it has a reason", bool(found[0].reason), wanted=True)
    expect("its neighbour was counted", bool(lab.eventually(partial(counted, lab, user))), wanted=True)
    return found[0].reason


def _telling_events(lab: Lab) -> tuple[str, ...]:
    """One event, or else two, by which somebody new reaches a milestone, with as few nudges as possible.

    Raises:
        NotTestableError: the catalog has none.
    """
    for number in (1, 2):
        runs = {names: _simulated(lab, names) for names in product(sorted(lab.catalog.events), repeat=number)}
        telling = {names: run for names, run in runs.items() if any(each.outcome == "reached" for each in run.outcomes)}
        if telling:
            return min(telling, key=lambda names: len(telling[names].nudges))
    raise NotTestableError("no milestone of this catalog is reached by one or two events without properties")


def _simulated(lab: Lab, names: tuple[str, ...]) -> Simulation:
    return Simulation(lab.catalog).run(Parcel("", body) for body in events("u", names))


def _send(lab: Lab, bodies: Sequence[str]) -> None:
    if unsent := send_batch(lab.stack.connection.sqs, lab.stack.event_queue_url, [Parcel("", each) for each in bodies]):
        raise ProblemError(f"A message {unsent[0].reason}.", "Try again.")


def _tells(inbox: Inbox, subject: str) -> bool:
    """Whether an outcome of that subject is among those that are told; all others are let go."""
    return any(json.loads(message.body)["subject"] == subject for message in inbox.receive(1))


def _letters(lab: Lab) -> list[Letter]:
    """The dead letters that are ours, which are then gone; all others stay."""
    with dead_letters(lab.stack.connection.sqs, lab.stack.event_dead_letter_queue_url) as queue:
        ours = [letter for letter in queue.in_order() if lab.prefix in letter.body]
        queue.delete([letter.id for letter in ours])
    return ours

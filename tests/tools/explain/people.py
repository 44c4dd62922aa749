"""Short ways to a subject's log, and to what is said of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from milepost.application.intake import Intake
from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost.domain.event import Message
from milepost.domain.instant import parse_instant
from milepost.domain.progress import Progress, Standing
from milepost_tools.catalog.check import parse_catalog
from milepost_tools.catalog.compile import compiled
from milepost_tools.explain.facts import MilestoneFacts, Report
from milepost_tools.explain.known import Decision, Known
from milepost_tools.explain.report import report
from milepost_tools.explain.watch import watch
from milepost_tools.history.clock import RunningClock
from milepost_tools.history.log import Entry
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.recording import parcel
from milepost_tools.local.sending import Parcel, Unsent

HEAD = """
catalog: shop
version: 3
grace: 1h
max_age: 30d
timezone: Europe/Berlin
consent: {email: email_opt_in, sms: sms_opt_in, in_app: always}
events:
  signed_up: {}
  ordered: {properties: {amount: number}}
  paid: {retracted_by: refunded}
  refunded: {}
  visited: {}
milestones:
"""
U1 = "user:u_1"


def catalog(**milestones: str) -> Catalog:
    """A catalog of these milestones, each the flow mapping of its keys."""
    lines = [f"  {name.replace('_', '-')}: {{{body}}}" for name, body in milestones.items()]
    return catalog_from_compiled(compiled(parse_catalog((HEAD + "\n".join(lines)).encode(), "catalog.yaml")))


@dataclass(frozen=True, slots=True)
class Lines:
    """A log in memory; half of a surrogate pair stands for a byte that is no UTF-8."""

    lines: tuple[str, ...]
    has_ids: bool = True

    def entries(self, advanced: Any = None) -> Iterator[Entry]:
        """Every line."""
        return (Entry(number, line.encode(errors="surrogateescape")) for number, line in enumerate(self.lines, start=1))

    def parcel(self, entry: Entry) -> Parcel | Unsent:
        """A line as it would be sent."""
        return parcel(f"log:{entry.line}", entry.content)


def moment(text: str) -> str:
    """`03-01`, or `03-01T12:00`, of 2026 in UTC."""
    return f"2026-{text}T12:00:00Z" if len(text) == len("03-01") else f"2026-{text}:00Z"


def track(event: str, when: str, user: str = "u_1", arrives: str | None = None, **more: Any) -> str:
    """A track message; what else is given are properties, but for `id` and `context`."""
    said: dict[str, Any] = {"type": "track", "userId": user, "event": event, "timestamp": moment(when)}
    said["messageId"] = more.pop("id", f"{user} {event} {when}")
    said["context"] = more.pop("context", {})
    if arrives:
        said["receivedAt"] = moment(arrives)
    return json.dumps({**said, "properties": more})


def identify(when: str, user: str = "u_1", **traits: Any) -> str:
    """An identify message."""
    id_ = f"{user} identify {when}"
    said = {"type": "identify", "userId": user, "messageId": id_, "timestamp": moment(when)}
    return json.dumps({**said, "traits": traits})


def group(when: str, account: str, user: str = "u_1", **traits: Any) -> str:
    """A group message."""
    id_ = f"{user} group {when}"
    said = {"type": "group", "userId": user, "messageId": id_, "timestamp": moment(when), "groupId": account}
    return json.dumps({**said, "traits": traits})


def alias(when: str, previous: str, user: str = "u_1") -> str:
    """An alias message."""
    id_ = f"{previous} is {user} {when}"
    said = {"type": "alias", "userId": user, "messageId": id_, "timestamp": moment(when)}
    return json.dumps({**said, "previousId": previous})


def watched(known_catalog: Catalog, *lines: str, subject: str = U1, as_of: str | None = None) -> Known:
    """What a log says of a subject."""
    until = None if as_of is None else parse_instant(moment(as_of))
    return watch(Lines(lines), "the log", subject, known_catalog, until)


def explained(known_catalog: Catalog, *lines: str, subject: str = U1, as_of: str | None = None) -> Report:
    """The report on a subject of a log."""
    return report(watched(known_catalog, *lines, subject=subject, as_of=as_of), known_catalog)


def facts(known_catalog: Catalog, *lines: str, as_of: str | None = None) -> MilestoneFacts:
    """What is said of the catalog's first milestone."""
    return explained(known_catalog, *lines, as_of=as_of).milestones[0]


def stored(known_catalog: Catalog, *decisions: Decision, now: str | None = None, **standing: Any) -> MilestoneFacts:
    """What is said of the catalog's first milestone where a stack has this standing on it."""
    milestone = next(iter(known_catalog.milestones.values()))
    kept = Standing(**{"shape": milestone.shape, **standing})
    progress = Progress(U1, catalog_version=known_catalog.version, standings={milestone.id: kept})
    until = None if now is None else parse_instant(moment(now))
    return report(Known(progress, "a stack", until, decisions), known_catalog).milestones[0]


def simulated(known_catalog: Catalog, *lines: str, subject: str = U1) -> Progress:
    """The same subject's progress, as `milepost simulate` has it."""
    run = Simulation(known_catalog).run([Parcel("line", line) for line in lines])
    return run.subjects[subject]


def read(known_catalog: Catalog, line: str) -> tuple[Message, ...]:
    """The events in a line."""
    return Intake(known_catalog.max_age, RunningClock()).read(line, 0).events

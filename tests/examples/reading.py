"""Worked examples: how their lines become messages of semantics, section 1, and outcomes of section 7.

An event line is `TIME [arrives TIME] NAME key=value ...`; an outcome line is `[SUBJECT] OUTCOME [N] TIME [ref TIME]`.
A time is `[YYYY-]MM-DD HH:MM[:SS[.ffffff]]` in UTC, of 2026 unless it says otherwise.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecodeError, dumps, loads
from pathlib import Path
from typing import Any, Final

import yaml

from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost.domain.instant import format_instant, parse_instant
from milepost_tools.catalog.check import parse_catalog
from milepost_tools.catalog.compile import compiled
from milepost_tools.history.results import final_state, outcome_row
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.sending import Parcel

FOLDER: Final = Path(__file__).parent
TIME: Final = r"(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
EVENT: Final = re.compile(rf"(?P<time>{TIME})(?: arrives (?P<arrives>{TIME}))? (?P<name>\S+)(?P<rest>.*)")
OUTCOME: Final = re.compile(
    rf"(?:(?P<subject>\S+:\S+) )?(?P<outcome>[a-z]+)(?: (?P<n>[0-9]+))? (?P<at>{TIME})(?: ref (?P<ref>{TIME}))?"
)
OF_MILESTONE: Final = ("reach", "within", "audience", "subject", "on_introduction")
TOP: Final = {"zone": "timezone", "week_starts": "week_starts", "grace": "grace", "max_age": "max_age"}


@dataclass(frozen=True, slots=True)
class Example:
    """One row: `source` is where it stands, `row` what it says."""

    source: str
    row: dict[str, Any]


def examples() -> Iterator[Example]:
    """Every row of every file beside this one."""
    for file in sorted(FOLDER.glob("*.yaml")):
        for place, row in enumerate(yaml.safe_load(file.read_text(encoding="utf-8")), start=1):
            yield Example(f"{file.stem}-{place}", row)


def outcomes_of(row: dict[str, Any]) -> list[tuple[str, str, int, str, str | None]]:
    """What comes of an example: subject, outcome, n, at and ref of its milestone."""
    lines = [Parcel(f"event {place}", message(line, place)) for place, line in enumerate(row["events"], start=1)]
    as_of = parse_instant(moment(row["as_of"])) if "as_of" in row else None
    run = Simulation(_catalog(row)).run(lines, as_of)
    assert not run.refused, run.refused
    found = final_state(outcome_row(each) for each in run.outcomes if each.milestone == "m")
    return [(each["subject"], each["outcome"], each["n"], each["at"], each["ref"]) for each in found]


def expected_of(row: dict[str, Any]) -> list[tuple[str, str, int, str, str | None]]:
    """What an example says that comes of it."""
    return sorted(_outcome(line) for line in row["outcomes"])


def message(line: str, place: int) -> str:
    """The message that an event line stands for."""
    found = EVENT.fullmatch(line)
    assert found is not None, f"not an event line: {line}"
    options = dict(_option(each) for each in found["rest"].split() if "=" in each)
    bare = [each for each in found["rest"].split() if "=" not in each]
    context = {"timezone": options.pop("zone", None), "groupId": options.pop("group", None)}
    said: dict[str, Any] = {
        "messageId": options.pop("id", f"e{place}"),
        "userId": options.pop("user", "u_1"),
        "timestamp": moment(found["time"]),
        "receivedAt": moment(found["arrives"] or found["time"]),
        "context": {name: value for name, value in context.items() if value is not None},
    }
    match found["name"]:
        case "identify":
            return dumps({**said, "type": "identify", "traits": options})
        case "group":
            return dumps({**said, "type": "group", "groupId": bare[0], "traits": options})
        case name:
            return dumps({**said, "type": "track", "event": name, "properties": options})


def moment(text: str) -> str:
    """A time as ISO 8601."""
    full = text if re.match("[0-9]{4}-", text) else f"2026-{text}"
    return full.replace(" ", "T") + "Z"


def _option(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, loads(value)
    except JSONDecodeError:
        return name, value


def _outcome(line: str) -> tuple[str, str, int, str, str | None]:
    found = OUTCOME.fullmatch(line)
    assert found is not None, f"not an outcome line: {line}"
    ref = None if found["ref"] is None else _plain(found["ref"])
    return found["subject"] or "user:u_1", found["outcome"], int(found["n"] or 1), _plain(found["at"]), ref


def _plain(text: str) -> str:
    """A time as outcomes write it: seconds always, a fraction only where there is one."""
    return format_instant(parse_instant(moment(text)))


def _catalog(row: dict[str, Any]) -> Catalog:
    written = {
        "catalog": "examples",
        "version": 1,
        "grace": "0s",
        **{key: row[name] for name, key in TOP.items() if name in row},
        "milestones": {
            "m": {key: row[key] for key in OF_MILESTONE if key in row},
            **row.get("also", {}),
        },
    }
    if "events_plan" in row:
        written["events"] = row["events_plan"]
    parsed = parse_catalog(yaml.safe_dump(written, sort_keys=False).encode(), "example")
    return catalog_from_compiled(compiled(parsed))

"""The arguments that say which log to run and how to read it, for every command that runs one."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from milepost_tools.history.columns import FIELDS, RESTS, SECTIONS, Mapped, is_field
from milepost_tools.history.source import Source, is_csv
from milepost_tools.problem import ProblemError


def add_history_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of a run over a log (semantics, section 7), and those for tables."""
    parser.add_argument("events", metavar="EVENTS", help="NDJSON or CSV, .gz too, or - for standard input")
    parser.add_argument("--catalog", type=Path, default=Path("catalog/catalog.yaml"), metavar="FILE")
    parser.add_argument("--as-of", metavar="TIME", help="where the clock ends; default: at the log's last arrival")
    parser.add_argument("--outcomes", metavar="FILE", help="write the outcomes in their final state")
    parser.add_argument("--nudges", metavar="FILE", help="write what became of every nudge, a line each")
    _add_table_arguments(
        parser.add_argument_group(
            "tables",
            "A CSV file has a header. Columns called userId or user_id, event or event_name, timestamp, occurred_at, "
            "time or created_at, messageId or message_id, and any such as properties.amount, need no --map. Other "
            "columns become properties. Without a column for messageId, each row gets one made of what it says.",
        )
    )


def _add_table_arguments(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--csv", action="store_true", help="EVENTS is CSV, whatever its name; .csv and .csv.gz are")
    group.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help=f"the column of a field: {', '.join(FIELDS)}, {', '.join(f'{each}.NAME' for each in SECTIONS)}",
    )
    group.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="the same value in every row: event=purchase"
    )
    group.add_argument("--rest", choices=RESTS, help="what columns become that nobody maps; default: properties")
    group.add_argument("--timezone", metavar="ZONE", help="of times without an offset, such as Europe/Berlin")


def source_of(arguments: argparse.Namespace) -> Source:
    """The log that the arguments name.

    Raises:
        ProblemError: they contradict each other.
    """
    given = [name for name in ("map", "set", "rest", "timezone") if getattr(arguments, name)]
    if arguments.csv or is_csv(arguments.events):
        mapped = Mapped(_pairs("--map", arguments.map), _pairs("--set", arguments.set), arguments.rest)
        _check_once(mapped)
        return Source(arguments.events, mapped, _zone(arguments.timezone))
    if given:
        raise ProblemError(f"--{given[0]} is for tables.", "Add --csv if EVENTS is CSV under another name.")
    return Source(arguments.events)


def _pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given:
        field, equals, value = each.partition("=")
        if not (equals and value and is_field(field)):
            fields = ", ".join([*FIELDS, *(f"{section}.NAME" for section in SECTIONS)])
            raise ProblemError(f"{option} {each} does not name a field and what it is.", f"Fields are {fields}.")
        if field in found:
            raise ProblemError(f"{option} names {field} twice.", "Keep one of them.")
        found[field] = value
    return found


def _check_once(mapped: Mapped) -> None:
    for field in mapped.columns:
        if field in mapped.constants:
            raise ProblemError(f"{field} has both --map and --set.", "Keep one of them.")


def _zone(name: str | None) -> str | None:
    try:
        return ZoneInfo(name).key if name else None
    except (KeyError, ValueError, OSError):  # Unknown, no name at all, and a folder of zones.
        raise ProblemError(f"--timezone {name} is no time zone.", "Name one such as Europe/Berlin or UTC.") from None

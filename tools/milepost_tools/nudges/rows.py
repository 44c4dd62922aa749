"""Decisions as lines of semantics, section 7: from the table, or from a file of `simulate --nudges`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from json import loads
from typing import Final

from milepost.application.decisions import Recorded
from milepost.domain.instant import Instant, parse_instant
from milepost_tools.history.results import Row, nudge_row
from milepost_tools.local.recording import read_text
from milepost_tools.nudges.recorded import DynamoDecisions
from milepost_tools.problem import ProblemError

_NEEDED: Final = ("id", "subject", "milestone", "path", "step", "channel", "verdict", "reason", "decided_at", "send_at")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions: those from `since` on and before `until` in which each of these fields has this value."""

    fields: Mapping[str, str]
    since: Instant | None
    until: Instant | None

    def holds(self, row: Row) -> bool:
        """Whether a row is one of them."""
        at = parse_instant(row["decided_at"])
        in_time = (self.since is None or self.since <= at) and (self.until is None or at < self.until)
        return in_time and all(row[name] == value for name, value in self.fields.items())


def recorded_rows(decisions: DynamoDecisions, since: Instant, until: Instant) -> Iterator[Row]:
    """Decisions of a table, the newest first."""
    return (_row(each) for each in decisions.between(since, until))


def rows_of(file: str) -> list[Row]:
    """Decisions of a file, the newest first.

    Raises:
        ProblemError: there is no such file, or a line of it is no decision.
    """
    return sorted(_read(file), key=lambda row: parse_instant(row["decided_at"]), reverse=True)


def chosen(rows: Iterable[Row], wanted: Wanted) -> Iterator[Row]:
    """Those that are wanted."""
    return (row for row in rows if wanted.holds(row))


def _read(file: str) -> Iterator[Row]:
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        try:
            row = loads(line)
            parse_instant(row["decided_at"])
            yield {name: row[name] for name in (*_NEEDED, "n", "attempt") if name in _NEEDED or name in row}
        except (ValueError, KeyError, TypeError):
            what = f"Line {number} of {file} is no decision on a nudge."
            raise ProblemError(what, "Name a file that 'milepost simulate --nudges' has written.") from None


def _row(recorded: Recorded) -> Row:
    return {**nudge_row(recorded), "attempt": recorded.attempt, "template": recorded.template}

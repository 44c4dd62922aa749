"""The files that a run leaves: outcomes in their final state, and the decision on every nudge."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from milepost.adapters.cloudevents import outcome_data
from milepost.application.decisions import Recorded
from milepost.domain.instant import Instant, format_instant, parse_instant
from milepost.domain.outbox import Nudge, Outcome
from milepost_tools.history.line import NudgeLine
from milepost_tools.problem import ProblemError

if TYPE_CHECKING:
    from milepost.adapters.contract.outcome import OutcomeData
    from milepost.adapters.contract.terms import Channel

Row: TypeAlias = Mapping[str, Any]
"""An outcome or a nudge as a line of a file (semantics, section 7)."""


def final_state(outcomes: Iterable[Row]) -> list[Row]:
    """The outcomes that stand in the end, each once, sorted.

    A reached that came after all takes the place of the missed, and of its recovered (semantics, 3.12), and a
    retracted takes back a reached, whichever of them was heard of first.
    """
    told = {(place(row), row["at"], row["ref"]): row for row in outcomes}
    retracted = Counter(of[:3] for of, _, _ in told if of[3] == "retracted")
    found: dict[tuple[str, str, int, str], Row] = {}
    for (of, _, _), row in sorted(told.items(), key=lambda each: each[0][:2]):
        if of[3] == "reached" and retracted[of[:3]]:
            retracted[of[:3]] -= 1
        elif of[3] != "retracted":
            found[of] = row
    reached = {of[:3] for of in found if of[3] == "reached"}
    stands = (row for of, row in found.items() if of[3] == "reached" or of[:3] not in reached)
    return sorted(stands, key=place)


def place(row: Row) -> tuple[str, str, int, str]:
    """What an outcome is of; rows of a file stand in this order."""
    return row["subject"], row["milestone"], row["n"], row["outcome"]


def outcome_row(outcome: Outcome) -> "OutcomeData":
    """An outcome as a line."""
    return outcome_data(outcome)


def nudge_row(nudge: Nudge | Recorded) -> NudgeLine:
    """A decision as a line; one that neither was sent nor waits has no `send_at`."""
    decided_at = format_instant(nudge.decided_at)
    until = None if nudge.until is None else format_instant(nudge.until)
    return {
        "id": nudge.id,
        "subject": nudge.subject,
        "milestone": nudge.milestone,
        "path": nudge.path,
        "step": nudge.step,
        "n": nudge.n,
        "channel": cast("Channel", nudge.channel),
        "verdict": nudge.verdict,
        "reason": nudge.reason,
        "decided_at": decided_at,
        "send_at": decided_at if nudge.verdict == "sent" else until,
    }


def nudge_order(row: Row) -> tuple[str, str, int, str, int, Instant]:
    """Nudges of a file stand in this order, and the decisions on each in that of time."""
    return row["subject"], row["milestone"], row["n"], row["path"], row["step"], parse_instant(row["decided_at"])


def last_decisions(rows: Iterable[Row]) -> list[Row]:
    """One line for every nudge: of the decisions on each, in the order of a file, the last.

    That is its final verdict; only what still waits when a run ends has none, and is `deferred`.
    """
    return list({row["id"]: row for row in rows}.values())


def write_rows(name: str, rows: Iterable[Row]) -> None:
    """Write one JSON object a line.

    Raises:
        ProblemError: the file cannot be written.
    """
    try:
        with Path(name).open("w", encoding="utf-8") as file:
            file.writelines(_lines(rows))
    except OSError as error:
        raise ProblemError(
            f"{name} cannot be written: {error.strerror}.", "Name a file in a folder that exists."
        ) from None


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    return (dumps(row, ensure_ascii=False) + "\n" for row in rows)

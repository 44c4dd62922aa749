"""The files that a run leaves: outcomes in their final state, and the decision on every nudge."""

from collections.abc import Iterable, Iterator, Mapping
from json import dumps
from pathlib import Path
from typing import Any, TypeAlias

from milepost.adapters.cloudevents import outcome_data
from milepost.domain.instant import format_instant
from milepost.domain.outbox import Nudge, Outcome
from milepost_tools.problem import ProblemError

Row: TypeAlias = Mapping[str, Any]
"""An outcome or a nudge as a line of a file (semantics, section 7)."""


def final_state(outcomes: Iterable[Row]) -> list[Row]:
    """The outcomes that stand in the end, each once, sorted.

    A reached that came after all takes the place of the missed, and of its recovered (semantics, 3.12), whichever
    of them was heard of first.
    """
    found = {_place(row): row for row in outcomes}
    reached = {place[:3] for place in found if place[3] == "reached"}
    stands = (row for place, row in found.items() if place[3] == "reached" or place[:3] not in reached)
    return sorted(stands, key=_place)


def _place(row: Row) -> tuple[str, str, int, str]:
    return row["subject"], row["milestone"], row["n"], row["outcome"]


def outcome_row(outcome: Outcome) -> Row:
    """An outcome as a line."""
    return outcome_data(outcome)


def nudge_row(nudge: Nudge) -> Row:
    """A decision as a line; one that was not sent has no `send_at`."""
    decided_at = format_instant(nudge.decided_at)
    return {
        "id": nudge.id,
        "subject": nudge.subject,
        "milestone": nudge.milestone,
        "path": nudge.path,
        "step": nudge.step,
        "n": nudge.n,
        "channel": nudge.channel,
        "verdict": nudge.verdict,
        "reason": nudge.reason,
        "decided_at": decided_at,
        "send_at": decided_at if nudge.verdict == "sent" else None,
    }


def nudge_order(row: Row) -> tuple[str, str, int, str, int]:
    """Nudges of a file stand in this order."""
    return row["subject"], row["milestone"], row["n"], row["path"], row["step"]


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

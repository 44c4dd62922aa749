"""Decisions counted, and the newest of them one by one."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from milepost_tools.history.layout import clipped, width_of
from milepost_tools.history.results import Row
from milepost_tools.local.text import counted, printable

Counts: TypeAlias = Counter[tuple[str, str | None]]
"""How many, by verdict and reason."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All counted; of `rows` the newest only."""

    counts: Counts
    rows: tuple[Row, ...]

    @property
    def total(self) -> int:
        """How many there are."""
        return self.counts.total()


def listing(rows: Iterable[Row], limit: int) -> Listing:
    """What these decisions, the newest first, come to; `limit` are kept, and others of the last one's instant.

    So whoever goes on before the last that is shown misses none.
    """
    counts: Counts = Counter()
    kept: list[Row] = []
    for row in rows:
        counts[row["verdict"], row["reason"]] += 1
        if len(kept) < limit or (kept and row["decided_at"] == kept[-1]["decided_at"]):
            kept.append(row)
    return Listing(counts, tuple(kept))


def as_json(found: Listing) -> Row:
    """The same for programs."""
    ordered = sorted(found.counts.items(), key=lambda each: (-each[1], str(each[0])))
    return {
        "total": found.total,
        "counts": [{"verdict": verdict, "reason": reason, "count": count} for (verdict, reason), count in ordered],
        "nudges": list(found.rows),
    }


def text(found: Listing) -> Iterator[str]:
    """The same for a person, with the way to those that are not shown."""
    yield f"{counted(found.total, 'nudge')} decided"
    for each in as_json(found)["counts"]:
        yield f"  {each['count']:>9,}  {each['verdict']}{_because(each['reason'])}"
    width = width_of(row["milestone"] for row in found.rows)
    for row in found.rows:
        yield _line(row, width)
    if len(found.rows) < found.total:
        last = found.rows[-1]["decided_at"] if found.rows else None
        onward = "--limit shows more" + (f", and --until {last} what was before these" if last else "")
        yield f"{len(found.rows):,} of them are shown, the newest: {onward}."


def _line(row: Row, width: int) -> str:
    until = f" until {row['send_at']}" if row["verdict"] == "deferred" and row["send_at"] else ""
    what = f"{clipped(row['milestone']):{width}}  {row['path']}, step {row['step']}, {row['channel']}"
    verdict = f"{row['verdict']}{_because(row['reason'])}{until}"
    return printable(f"{row['decided_at']}  {row['id']}  {row['subject']}  {what}: {verdict}")


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""

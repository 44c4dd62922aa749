"""What the demo tells a person, and the one line that it tells a program."""

import json
from collections import Counter
from collections.abc import Iterator
from os.path import relpath
from pathlib import Path
from typing import Final

from milepost_tools.demo.run import SAMPLE, Demonstrated
from milepost_tools.history.nudging import VERDICTS

EXAMPLES: Final = 3
"""Nudges shown of each channel, and faults of each kind."""


def report(found: Demonstrated) -> str:
    """The report; its last line is the JSON object."""
    parts = (
        _came_in(found),
        _milestones(found),
        _decided(found),
        _nudges(found),
        _explained(found),
        _verdict(found),
        _next(),
        _line(found),
    )
    return "\n\n".join("\n".join(part) for part in parts)


def _came_in(found: Demonstrated) -> Iterator[str]:
    counts = found.counts
    members = found.statistics["*"].get("members", 0)
    yield f"What came in: {found.lines:,} messages about {members:,} real customers of a music shop, 1997"
    yield f"  {counts['accepted']:6,} accepted"
    yield f"  {counts['duplicates']:6,} duplicates, counted once"
    yield f"  {counts['rejected']:6,} rejected, each alone, and in the dead-letter queue with its reason:"
    for reason, count in sorted(Counter(found.reasons).items()):
        yield f"  {count:12,}  {reason}"


def _milestones(found: Demonstrated) -> Iterator[str]:
    members = found.statistics["*"].get("members", 0)
    yield f"Milestones, as the statistics table counts them ({members:,} members)"
    for name, milestone in found.catalog.milestones.items():
        counts = found.statistics[name]
        shown = ["reached", "missed", "recovered"] if milestone.within else ["reached"]
        figures = "  ".join(f"{kind} {counts.get(kind, 0):5,} {_share(counts.get(kind, 0), members)}" for kind in shown)
        yield f"  {name:18} {figures}"


def _share(count: int, members: int) -> str:
    return f"({count / members:5.1%})" if members else ""


def _decided(found: Demonstrated) -> Iterator[str]:
    last = found.decisions
    yield f"Nudges decided on: {len(last):,}, each with one final verdict unless it still waits"
    counts = Counter((row["verdict"], row["reason"]) for row in last)
    for verdict in VERDICTS:
        reasons = {reason: count for (of, reason), count in counts.items() if of == verdict}
        total = sum(reasons.values())
        yield f"  {verdict:12} {total:6,} {_share(total, len(last))}"
        yield from (f"      {count:6,}  {reason}" for reason, count in sorted(reasons.items(), key=str) if reason)
    waited = {(row["id"], row["reason"]) for row in found.deferrals}
    yield f"  on the way there, {len({one for one, _ in waited}):,} of them had to wait:"
    for reason, count in Counter(reason for _, reason in waited).most_common():
        yield f"      {count:6,}  {reason}"


def _explained(found: Demonstrated) -> Iterator[str]:
    """A command for one subject of each verdict: the log and the catalog are enough, the stack is gone by then."""
    sample = Path(relpath(SAMPLE))
    yield "Why did this customer get it, or not get it? One of each verdict, to paste:"
    last = found.decisions
    for verdict in VERDICTS:
        row = next((row for row in last if row["verdict"] == verdict), None)
        if row is not None:
            yield f"  # {' '.join(filter(None, (verdict, row['reason'])))}"
            yield f"  .venv/bin/milepost explain {row['subject']} {row['milestone']} \\"
            yield f"    --catalog {sample / 'catalog.yaml'} \\"
            yield f"    --log {sample / 'events.ndjson.gz'} --as-of {found.as_of}"


def _nudges(found: Demonstrated) -> Iterator[str]:
    channels = Counter(row["channel"] for row in found.nudges)
    yield f"Nudges that subscribers of the topics received: {len(found.nudges):,}"
    for channel, count in sorted(channels.items()):
        yield f"  {channel:12} {count:6,}"
        for row in [each for each in found.nudges if each["channel"] == channel][:EXAMPLES]:
            yield f"      {row['subject']}  {row['milestone']} {row['path']}, {row['at'][:10]}: '{row['template']}'"


def _verdict(found: Demonstrated) -> Iterator[str]:
    judgement = found.judgement
    yield f"Against the right answers that lie beside the sample, computed by other programs: {judgement.wrong} wrong"
    for kind, sentences in judgement.faults.items():
        yield f"  {kind}: {len(sentences):,}"
        yield from (f"      {sentence}" for sentence in sentences[:EXAMPLES])
    yield f"Against 'milepost simulate' over the same file: {found.unlike_simulation} outcomes or decisions differ"
    way = "queue, functions under their own roles, table, stream, topics, subscribers"
    yield f"It took {found.seconds:.0f} seconds, all the way: {way}."


def _next() -> Iterator[str]:
    yield "What to try next"
    yield "  .venv/bin/milepost local up                     a stack on this machine, with the catalog in catalog/"
    yield "  .venv/bin/milepost send events.ndjson           your own events into it"
    yield "  .venv/bin/milepost tail                         the nudges as they come"
    yield "  .venv/bin/milepost simulate LOG --catalog FILE  a catalog tried on history"


def _line(found: Demonstrated) -> Iterator[str]:
    judgement = found.judgement
    figures = {
        "events": found.lines,
        **found.counts,
        "reached": judgement.reached,
        "missed": judgement.missed,
        "nudges_expected": judgement.nudges_expected,
        "nudges_delivered": judgement.nudges_delivered,
        "verdicts": Counter(row["verdict"] for row in found.decisions),
        "wrong": judgement.wrong + found.unlike_simulation,
        "seconds": round(found.seconds, 1),
    }
    yield json.dumps({"demo": True, **figures})

"""The figures of nudges for a person, and for a program (durations in seconds)."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from milepost.domain.instant import SECOND
from milepost_tools.history.layout import clipped, elapsed, share, width_of
from milepost_tools.history.nudging import HeldBack, NudgeFigures
from milepost_tools.history.results import Row
from milepost_tools.local.text import counted

_PERCENTILES: Final = ("median", "p95", "most")


def nudge_lines(figures: NudgeFigures) -> Iterator[str]:
    """Verdicts, nudges per member, what each reason held back, and where nudges went."""
    yield f"Nudges: {figures.total:,} decided."
    if not figures.total:
        return
    yield from (
        f"  {verdict:10}  {share(count, figures.total)}" for verdict, count in figures.verdicts.items() if count
    )
    yield _per_member_line(figures)
    if figures.held_back:
        yield "Held back, by reason, with the share of all nudges:"
        width = max(len(each.reason) for each in figures.held_back)
        yield from (f"  {each.reason:{width}}  {_held_back(each, figures.total)}" for each in figures.held_back)
    yield "By milestone and channel:"
    yield from _by_milestone(figures)


def _per_member_line(figures: NudgeFigures) -> str:
    found = figures.per_member
    median, p95, most = found.at or ("-",) * 3
    mean = "-" if found.mean is None else f"{found.mean:.2f}"
    members = counted(found.members, "member")
    return f"Nudges sent per member: mean {mean}  median {median}  p95 {p95}  most {most}  of {members}"


def _held_back(found: HeldBack, total: int) -> str:
    text = f"for good {share(found.stopped, total)}"
    if found.deferred:
        text += f"  for a while {share(found.deferred, total)}"
    if found.waited is not None:
        text += "  median {}, p95 {}".format(*map(elapsed, found.waited))
    return text + (f"  ({found.still:,} still wait)" if found.still else "")


def _by_milestone(figures: NudgeFigures) -> Iterator[str]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for (milestone, channel, verdict, _), count in sorted(figures.counts.items(), key=str):
        counts.setdefault((milestone, channel), Counter())[verdict] += count
    width = width_of(milestone for milestone, _ in counts)
    for (milestone, channel), found in counts.items():
        shown = "  ".join(f"{verdict} {found[verdict]:,}" for verdict in figures.verdicts if found[verdict])
        yield f"  {clipped(milestone):{width}}  {channel:11}  {shown}"


def nudges_json(figures: NudgeFigures) -> Row:
    """Everything that is shown, and the reasons by milestone and channel."""
    found = figures.per_member
    return {
        "decided": figures.total,
        "verdicts": figures.verdicts,
        "sent_per_member": {
            "members": found.members,
            "mean": found.mean,
            **dict(zip(_PERCENTILES, found.at or (None,) * 3, strict=True)),
        },
        "held_back": [_held_back_json(each, figures.total) for each in figures.held_back],
        "counts": [
            {"milestone": milestone, "channel": channel, "verdict": verdict, "reason": reason, "count": count}
            for (milestone, channel, verdict, reason), count in sorted(figures.counts.items(), key=str)
        ],
    }


def _held_back_json(found: HeldBack, total: int) -> Row:
    median, p95 = (None, None) if found.waited is None else (each / SECOND for each in found.waited)
    return {
        "reason": found.reason,
        "for_good": found.stopped,
        "share_for_good": found.stopped / total,
        "deferred": found.deferred,
        "share_deferred": found.deferred / total,
        "seconds_waited": {"median": median, "p95": p95},
        "still_waiting": found.still,
    }

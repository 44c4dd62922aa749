"""A comparison of two catalogs for a person, and for a program."""

from collections.abc import Iterator

from milepost_tools.history.comparison import CHANGES, Comparison, OutcomeChange
from milepost_tools.history.layout import clipped, named, width_of
from milepost_tools.history.results import Row


def comparison_text(found: Comparison, live: str, candidate: str) -> str:
    """What would change, section by section; `live` and `candidate` are the names of the two files."""
    return "\n".join(
        [
            "What would change if the candidate took the place of what is live:",
            f"  candidate (--catalog)  {candidate}",
            f"  live      (--against)  {live}",
            *_name_lines(found),
            *_outcome_lines(found),
            *_nudge_lines(found),
        ]
    )


def comparison_json(found: Comparison, live: str, candidate: str) -> Row:
    """The same as one JSON object; `changes` counts the lines of the file of changes."""
    return {
        "candidate": candidate,
        "live": live,
        "new_milestones": found.new,
        "removed_milestones": found.removed,
        "refused": {"live": found.refused[0], "candidate": found.refused[1]},
        "changes": len(found.rows),
        "outcomes": [
            {
                "milestone": each.milestone,
                "outcome": each.outcome,
                "live": each.live,
                "candidate": each.candidate,
                **each.changes,
                "examples": each.examples,
            }
            for each in found.outcomes
        ],
        "nudges": [
            {"channel": channel, "verdict": verdict, "live": before, "candidate": after}
            for (channel, verdict), (before, after) in found.nudges.items()
        ],
    }


def _name_lines(found: Comparison) -> Iterator[str]:
    for what, names in (("New", found.new), ("Removed", found.removed)):
        if names:
            yield f"  {what} milestones: {', '.join(map(clipped, names))}"
    live, candidate = found.refused
    if live != candidate:
        yield f"  Lines refused: live {live:,}, candidate {candidate:,}"


def _outcome_lines(found: Comparison) -> Iterator[str]:
    yield "Outcomes (occurrences):"
    width = max(width_of(each.milestone for each in found.outcomes), len("milestone"))
    figures = "  ".join(f"{head:>9}" for head in ("live", "candidate", *CHANGES))
    yield f"  {'milestone':{width}}  {'outcome':9}  {figures}"
    for each in found.outcomes:
        changes = "  ".join(f"{each.changes[change]:>9,}" for change in CHANGES)
        figures = f"{each.outcome:9}  {each.live:>9,}  {each.candidate:>9,}  {changes}"
        yield f"  {clipped(each.milestone):{width}}  {figures}"
        yield from _example_lines(each)
    if not found.rows:
        yield "  No outcome differs."


def _example_lines(found: OutcomeChange) -> Iterator[str]:
    for change in CHANGES:
        if found.examples[change]:
            more = ", ..." if found.changes[change] > len(found.examples[change]) else ""
            yield f"    {change}: {named(found.examples[change])}{more}"


def _nudge_lines(found: Comparison) -> Iterator[str]:
    yield "Nudges decided:"
    yield f"  {'channel':11}  {'verdict':10}  {'live':>9}  {'candidate':>9}  {'change':>9}"
    for (channel, verdict), (live, candidate) in found.nudges.items():
        yield _nudge_line(channel, verdict, live, candidate)
    yield _nudge_line("all", "", *(sum(pair[side] for pair in found.nudges.values()) for side in (0, 1)))


def _nudge_line(channel: str, verdict: str, live: int, candidate: int) -> str:
    return f"  {channel:11}  {verdict:10}  {live:>9,}  {candidate:>9,}  {candidate - live:>+9,}"

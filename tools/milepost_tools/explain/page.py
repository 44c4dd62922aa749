"""A report as text: at most 120 columns, the same for the same report, and nothing in it that a terminal obeys."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from milepost_tools.explain.facts import Clock, MilestoneFacts, NudgeFacts, Report
from milepost_tools.explain.person import Person
from milepost_tools.explain.story import Told
from milepost_tools.explain.wording import value_text
from milepost_tools.local.text import counted, printable

WIDTH: Final = 120
SHOWN: Final = 50
"""Events that are shown unless all are asked for: the last ones."""
_INDENT: Final = 14


def page(report: Report, *, everything: bool = False) -> str:
    """The report; without `everything` only the last events of it."""
    lines = [*_head(report)]
    for each in report.milestones:
        lines += ["", *_milestone(each)]
    if report.others:
        lines += ["", "Nudges of milestones that this catalog does not have"]
        lines += [line for each in report.others for line in _nudge(each, each.milestone)]
    if report.events is not None:
        lines += ["", *_events(report.events, everything=everything)]
    else:
        lines += ["", "A stack keeps no events: a log of them, named with --log, tells what each of them did."]
    if report.unreadable:
        lines += ["", f"{counted(report.unreadable, 'line')} of the log cannot be read: whose, nobody can tell."]
    return "\n".join(lines)


def _head(report: Report) -> Iterator[str]:
    if report.asked:
        since = f" since {report.since}" if report.since else ""
        yield from _wrapped(f"{report.asked} is {report.subject}{since}", "", "  ")
    as_of = f", as of {report.as_of}" if report.as_of else ""
    yield from _wrapped(f"{report.subject} in {report.source}{as_of}", "", "  ")
    yield from _line("catalog", f"{report.catalog} version {report.version}{_judged(report)}")
    yield from _person(report.person)


def _judged(report: Report) -> str:
    judged_by = report.person.judged_by
    if not judged_by:
        return "; no event of the subject has been counted"
    return "" if judged_by == report.version else f"; last judged by version {judged_by}"


def _person(person: Person) -> Iterator[str]:
    yield from _line("zone", f"{person.zone}, from {person.zone_from}")
    traits = [f"{name} is {value_text(each.value)} since {each.since}" for name, each in person.traits.items()]
    yield from _list("traits", traits)
    yield from _list("accounts", [f"{each.account} since {each.since}" for each in person.accounts])
    names = ", ".join(f"{name} {count:,}" for name, count in person.counted.items())
    by_name = f"; of the tracking plan, ever: {names}" if names else ""
    yield from _line("events", f"{person.remembered:,} remembered{by_name}")
    if person.next_look:
        yield from _line("next look", f"by the clock, not before {person.next_look}")
    if person.waiting:
        yield from _line("outbox", f"{person.waiting:,} waiting to be told or booked")
    if person.unknown:
        yield from _line("unknown", f"{counted(person.unknown, 'milestone')} that this catalog does not have")


def _milestone(facts: MilestoneFacts) -> Iterator[str]:
    yield from _wrapped(f"{facts.id}: {facts.title}", "", "  ")
    yield from _line("state", facts.means)
    if facts.missing:
        yield from _line("missing", facts.missing)
    if facts.clock:
        yield from _line("deadline" if facts.clock.length else "clock", _clock(facts.clock))
    yield from _line("looks at", _looks_at(facts))
    if facts.audience:
        part = f"no: {'; '.join(facts.failing)}" if facts.failing else f"yes: {'; '.join(facts.audience)}"
        yield from _line("takes part", part)
    for nudge in facts.nudges:
        yield from _nudge(nudge, "nudge")
    if facts.occurrences and not facts.steps["reached"]:
        yield from _line("nudge", "none: the catalog has no step for `on_reached`")


def _clock(clock: Clock) -> str:
    grace = "" if clock.until == clock.decided_from else f"; with {clock.grace} of grace {clock.decided_from}"
    if clock.began is None:
        return f"decides at {clock.until}{grace}"
    runs = "runs" if clock.runs else "ran"
    return f"{runs} {clock.length} from {clock.began} until {clock.until}{grace}"


def _looks_at(facts: MilestoneFacts) -> str:
    looks = "any event" if facts.events is None else ", ".join(facts.events)
    traits = f"trait {', '.join(facts.traits)}" if facts.traits else ""
    start = f"its deadline begins with {facts.starts_with}" if facts.starts_with else ""
    return "; ".join(part for part in (looks, traits, start) if part) or "nothing"


def _nudge(nudge: NudgeFacts, label: str) -> Iterator[str]:
    template = "" if nudge.template is None else f" with `{nudge.template}`"
    reason = f" ({nudge.reason})" if nudge.reason else ""
    again = f", attempt {nudge.attempt}" if nudge.attempt > 1 else ""
    what = f"{nudge.path} #{nudge.n}, step {nudge.step}{again}: {nudge.channel}{template}: {nudge.verdict}{reason}"
    yield from _line(label, f"{what}, decided at {nudge.decided_at}: {nudge.why}")


def _events(events: Sequence[Told], *, everything: bool) -> Iterator[str]:
    shown = events if everything else events[-SHOWN:]
    left_out = f"; the last {len(shown)}, --all shows all" if len(shown) < len(events) else ""
    yield f"What happened ({counted(len(events), 'event')}, refused ones and the clock's included{left_out})"
    for each in shown:
        yield from _event(each)


def _event(told: Told) -> Iterator[str]:
    when = f"arrived {told.arrived}" if told.at is None else str(told.at)
    late = "" if told.late is None else f", {told.late} {'late' if told.ref else 'later'}"
    where = "" if told.ref is None else f", {told.ref}"
    yield from _wrapped(f"{when}{late}, {told.name}{where}", "  ", "    ")
    yield from _wrapped(told.did, "      ", "        ")


def _list(label: str, entries: Sequence[str]) -> Iterator[str]:
    for place, entry in enumerate(entries or ["none"]):
        yield from _line("" if place else label, entry)


def _line(label: str, text: str) -> Iterator[str]:
    yield from _wrapped(text, f"  {printable(label):<{_INDENT - 3}} ", " " * _INDENT)


def _wrapped(text: str, first: str, rest: str) -> Iterator[str]:
    yield from wrap(
        printable(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        replace_whitespace=False,
    )

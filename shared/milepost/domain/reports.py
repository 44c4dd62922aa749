"""What channels report about nudges, and which channels that closes for a subject (semantics, section 1).

A hard bounce, a complaint or an unsubscribe closes its channel from the report's instant on, until the trait that
consents to it is set to true later than that. The latest report and the latest write of the trait decide, so it does
not matter in which order they come.
"""

from collections.abc import Mapping
from typing import Final

from milepost.domain.catalog import ALWAYS
from milepost.domain.event import Track
from milepost.domain.instant import Instant
from milepost.domain.progress import Trait

SOFT: Final = "soft"
"""A bounce that passes by itself; whatever else a bounce says of itself, or does not, it is hard."""
_CLOSING: Final = frozenset({"nudge_bounced", "nudge_complained", "nudge_unsubscribed"})

Closed = Mapping[str, Instant]
"""Channels, and the instant of the last report that closed each."""


def closes(report: Track) -> bool:
    """Whether the report closes its channel."""
    soft = report.name == "nudge_bounced" and report.properties.get("bounce_type") == SOFT
    return report.name in _CLOSING and not soft


def with_report(closed: Closed, report: Track, channels: Mapping[str, str]) -> Closed | None:
    """What is closed after a report that closes; None if it names none of these channels."""
    channel = report.properties.get("channel")
    if not isinstance(channel, str) or channel not in channels:
        return None
    return together(closed, {channel: report.instant})


def together(one: Closed, other: Closed) -> Closed:
    """What is closed of either, by the later report."""
    return {channel: max(each[channel] for each in (one, other) if channel in each) for channel in {**one, **other}}


def shut(closed: Closed, traits: Mapping[str, Trait], consent: Mapping[str, str]) -> frozenset[str]:
    """The channels that nobody has opened since; `consent` names the trait of each, or `always`, which opens none."""

    def is_open_again(channel: str, since: Instant) -> bool:
        needed = consent.get(channel, ALWAYS)
        trait = None if needed == ALWAYS else traits.get(needed)
        return trait is not None and trait.value is True and trait.instant > since

    return frozenset(channel for channel, since in closed.items() if not is_open_again(channel, since))

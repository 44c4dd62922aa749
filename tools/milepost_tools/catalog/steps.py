"""What to send on a path, and on which channels."""

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo

from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.surroundings import Surroundings
from milepost_tools.catalog.terms import Channel, Name, OneOrMany

MOST_STEPS: Final = 8
"""Nudges of one subject that may wait at a time."""


def _consented(channel: Channel, info: ValidationInfo) -> Channel:
    channels = Surroundings.known_to(info).channels
    if channels is not None and channel not in channels:
        raise refusal(
            f"`consent` does not say who may be written to by {channel}",
            f"Add `consent: {{{channel}: TRAIT}}` with the trait that must be true, or `always`.",
        )
    return channel


ConsentedChannel: TypeAlias = Annotated[Channel, AfterValidator(_consented)]


class Step(Part):
    """What to send: the first of the channels that has consent gets the template."""

    noun = "a step"
    later = frozenset({"after", "at", "days", "if", "unless", "class", "expires", "send_window"})

    channel: OneOrMany[ConsentedChannel]
    """A channel, or several: the first for which the person has consent gets it."""
    template: Name
    """The name of what to send."""

    @property
    def channels(self) -> list[str]:
        """The channels in the order in which they are tried."""
        return list(self.channel) if isinstance(self.channel, list) else [self.channel]


Steps: TypeAlias = Annotated[list[Step], Field(max_length=MOST_STEPS)]
"""Those of one path."""

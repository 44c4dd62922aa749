"""Where the channels reach a subject: by which of its traits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

USUAL: Final[Mapping[str, str]] = {"email": "email", "sms": "phone"}
"""By channel the trait that holds the address, where the catalog names no other."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """By channel the trait that holds the address. A channel that is in `named` cannot be used without one."""

    named: Mapping[str, str] = field(default_factory=dict)

    def of(self, channel: str, traits: Mapping[str, object]) -> str | None:
        """The address of a subject with these traits, or None: it has none, or what it has is no text."""
        address = traits.get(self.named.get(channel) or USUAL.get(channel, ""))
        return address if isinstance(address, str) and address.strip() else None

    def allow(self, channel: str, traits: Mapping[str, object]) -> bool:
        """Whether the channel can be used for a subject with these traits, as far as the catalog asks for it."""
        return channel not in self.named or self.of(channel, traits) is not None

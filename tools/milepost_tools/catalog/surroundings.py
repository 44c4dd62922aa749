"""What a part of a catalog needs to know of the rest of it.

Read from the catalog as written, before anything in it is validated, so that a mistake in one place never
hides one in another.
"""

from dataclasses import dataclass
from typing import Self
from unicodedata import normalize

from pydantic import ValidationInfo

from milepost_tools.catalog.node import Value


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The event names of the tracking plan and the channels with a consent rule; None: cannot be told."""

    events: frozenset[str] | None = None
    channels: frozenset[str] | None = None

    @classmethod
    def of(cls, catalog: Value) -> Self:
        """Those of a catalog as written. Without a tracking plan any event may be used."""
        written = catalog if isinstance(catalog, dict) else {}
        events, consent = written.get("events"), written.get("consent", {})
        return cls(
            frozenset(normalize("NFC", name) for name in events) if isinstance(events, dict) else None,
            frozenset(consent) if isinstance(consent, dict) else None,
        )

    @classmethod
    def known_to(cls, info: ValidationInfo) -> Self:
        """Those that the validation was started with."""
        return info.context if isinstance(info.context, cls) else cls()

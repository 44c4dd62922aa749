"""What the rules have in common that look at the events of one matcher."""

from dataclasses import dataclass

from milepost.domain.event import Track
from milepost.domain.local import Local
from milepost.domain.matcher import Matcher
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Rule


@dataclass(frozen=True, slots=True)
class Matched(Rule):
    """A rule about the events that `matcher` picks; unless a kind sees more in one, it sees that it is there."""

    matcher: Matcher

    @property
    def names(self) -> frozenset[str] | None:
        """The event names that it looks at."""
        return self.matcher.names

    def observe(self, event: Track, local: Local) -> Memo:
        """1 for an event that is picked."""
        return 1 if self.matcher.matches(event) else None

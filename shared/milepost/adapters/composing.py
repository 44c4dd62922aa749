"""What a nudge says: the facts of its subject, and its template rendered for its channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from liquid.exceptions import OutputStreamLimitError

from milepost.adapters.content import Content, Contents, Rendering, parse_content
from milepost.adapters.topics import MOST_BYTES_AT_ONCE, message, size
from milepost.application.ports import ComposeError, Outgoing
from milepost.domain.catalog import Catalog
from milepost.domain.facts import Shares, facts_of
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress
from milepost.domain.variables import variables_of

_OF_MILESTONES: Final = ("call_to_action", "card")
"""Facts in which a milestone may use Liquid, without the channel of any template."""


@dataclass(frozen=True, slots=True)
class LiquidComposer:
    """Composes by the templates of a catalog; `contents` is None where it has none: then there is no content.

    What it has parsed it keeps: it lives as long as the function that it works for.
    """

    catalog: Catalog
    contents: Contents | None
    shares: Shares
    _parsed: dict[tuple[str, str], Rendering] = field(default_factory=dict, repr=False, compare=False)

    def compose(self, nudge: Nudge, progress: Progress) -> Mapping[str, object]:
        """See the port."""
        return self.composed(nudge, progress, facts_of(progress, self.catalog, nudge, self.shares).as_data())

    def composed(self, nudge: Nudge, progress: Progress, facts: Mapping[str, object]) -> Mapping[str, object]:
        """What it says where these are the facts; raises what `compose` raises, with its cause.

        The cause may quote template and subject: it is for whoever writes the template, never for a log.
        """
        try:
            data = self._rendered(nudge, facts, variables_of(nudge, progress, self.catalog, facts))
        except OutputStreamLimitError as error:
            raise ComposeError("too_large") from error
        except Exception as error:  # What a filter makes of a hostile value is anybody's guess.
            raise ComposeError("template_failed") from error
        if size(message(Outgoing(nudge, data), self.catalog)) > MOST_BYTES_AT_ONCE:
            raise ComposeError("too_large")
        return data

    def _rendered(
        self, nudge: Nudge, facts: Mapping[str, object], variables: dict[str, object]
    ) -> Mapping[str, object]:
        told = {key: self._told(facts[key], variables) for key in _OF_MILESTONES}
        known = {**variables, **{key: each for key, each in told.items() if each is not None}}
        return {**facts, **told, "content": self._content(nudge, known)}

    def _told(self, fact: object, variables: dict[str, object]) -> Content:
        return None if fact is None else parse_content("", fact)(variables)

    def _content(self, nudge: Nudge, variables: dict[str, object]) -> Content:
        """The content for its channel, null without templates.

        Raises:
            KeyError: there is none of that name, or for that channel.
        """
        if self.contents is None:
            return None
        place = (nudge.template, nudge.channel)
        if place not in self._parsed:
            self._parsed[place] = parse_content(nudge.channel, self.contents[nudge.template][nudge.channel])
        return self._parsed[place](variables)

"""What a step would send, to somebody who is known or made up, with the renderer that is deployed."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from milepost.adapters.composing import LiquidComposer
from milepost.application.ports import ComposeError
from milepost.domain.catalog import Catalog
from milepost.domain.facts import no_shares
from milepost.domain.progress import Progress, Standing
from milepost_tools.templates.folder import Template, Templates, contents_of
from milepost_tools.templates.sample import AT, GUESSES, nudge_of, sample_of
from milepost_tools.templates.sms import segments
from milepost_tools.templates.steps import Use
from milepost_tools.templates.trial import why
from milepost_tools.templates.wording import TRAITS, names_in


class Preview(NamedTuple):
    """What goes out by one channel; `content` is None where it fails, and `failed` says why."""

    use: Use
    content: Mapping[str, object] | None
    failed: str | None = None

    @property
    def title(self) -> str:
        """Of which step it is."""
        use = self.use
        variant = f", variant {use.milestone.variant}" if use.milestone.variant else ""
        return f"{use.milestone.id} {use.path}, step {use.step}{variant}, by {use.channel}: {use.template}"

    @property
    def notes(self) -> Iterator[str]:
        """What is to be known of it beside its text."""
        if self.failed is not None:
            yield f"suppressed, for it fails: {self.failed}"
        if self.use.channel == "sms" and self.content is not None:
            found = segments(str(self.content["text"]))
            yield f"{found.parts} segment{'s' if found.parts > 1 else ''}: {found.units} characters of {found.alphabet}"


def for_sample(catalog: Catalog, templates: Templates, use: Use) -> Preview:
    """To somebody made up from what the template uses."""
    traits = _traits(templates[use.template], use.channel)
    tries = [_composed(catalog, templates, use, guess=guess, traits=traits) for guess in GUESSES]
    return next((each for each in tries if each.failed is None), tries[0])


def for_subject(catalog: Catalog, templates: Templates, use: Use, progress: Progress) -> Preview:
    """To somebody of whom this is known; as if they had come that far, should they not have."""
    standing = progress.standings.get(use.milestone.id, Standing())
    at = AT if standing.at is None else standing.at
    nudge = nudge_of(catalog, use, progress.subject, at, max(1, standing.occurrences))
    composer = LiquidComposer(catalog, contents_of(templates), no_shares)
    try:
        return Preview(use, _content(composer.compose(nudge, progress)))
    except ComposeError as refused:
        return Preview(use, None, why(refused))


def _composed(catalog: Catalog, templates: Templates, use: Use, *, guess: object | None, traits: set[str]) -> Preview:
    composer = LiquidComposer(catalog, contents_of(templates), no_shares)
    try:
        return Preview(use, _content(composer.composed(*sample_of(catalog, use, traits, guess))))
    except ComposeError as refused:
        return Preview(use, None, why(refused))


def _content(data: Mapping[str, object]) -> Mapping[str, object]:
    content = data["content"]
    return content if isinstance(content, dict) else {}


def _traits(template: Template, channel: str) -> set[str]:
    return {name for text in template.texts if text.place[0] == channel for name in names_in(text, TRAITS)}

"""What only rendering shows: a text that fails, that fails for some, or that is too long for a phone."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from milepost.adapters.composing import LiquidComposer
from milepost.application.ports import ComposeError
from milepost.domain.catalog import Catalog
from milepost.domain.facts import no_shares
from milepost_tools.catalog.problems import Finding, Place, Problem, printable, quoted
from milepost_tools.templates.folder import Found, Template, Text, contents_of
from milepost_tools.templates.sample import GUESSES, Sample, sample_of
from milepost_tools.templates.sms import ALONE, beyond, segments
from milepost_tools.templates.steps import Use
from milepost_tools.templates.wording import TRAITS, names_in

MOST_SEGMENTS: Final = 3
_NOT_FOR_ALL: Final = ("progress", "members")
"""Facts that some have and others do not."""


class Trial(NamedTuple):
    """What was found; advice is no mistake."""

    found: Found
    is_advice: bool = False


def tried(catalog: Catalog, template: Template, use: Use) -> Iterator[Trial]:
    """Everything that rendering a step's template for its channel shows."""
    composer = LiquidComposer(catalog, contents_of({use.template: template}), no_shares)
    texts = [text for text in template.texts if text.place[0] == use.channel]
    traits = {name for text in texts for name in names_in(text, TRAITS)}
    samples = [sample_of(catalog, use, traits, guess) for guess in GUESSES]
    refusals = [_refusal(composer, each) for each in samples]
    working = next((each for each, refused in zip(samples, refusals, strict=True) if refused is None), None)
    at = template.channels[use.channel].line
    if working is None:
        told = why(next(each for each in refusals if each is not None))
        problem = Problem(f"fails for {quoted(use.milestone.id)}: {told}", "Give it a `default`, or ask with `if`.")
        yield Trial(_found(template, at, (use.channel,), problem))
        return
    lacking = list(_lacking(texts, working))
    for each in lacking:
        if _refusal(composer, each.sample) is not None:
            yield _fails_for(template, each.line, (use.channel,), each.whom)
    if use.channel == "sms":
        rendered = [_sms(composer, each) for each in (working, *(each.sample for each in lacking))]
        yield from _too_long(template, at, use, [each for each in rendered if each is not None])


class _Lacking(NamedTuple):
    """Somebody like the sample of whom one thing is not known, and the line that asks for it first."""

    whom: str
    line: int
    sample: Sample


def _lacking(texts: Iterable[Text], sample: Sample) -> Iterator[_Lacking]:
    for text in texts:
        for name, line in names_in(text, TRAITS).items():
            yield _Lacking(f"whoever has no trait {quoted(name)}", line, sample.without_trait(name))
        for fact in _NOT_FOR_ALL:
            for line in sorted(names_in(text, fact).values())[:1]:
                yield _Lacking(f"those of whom there is no {quoted(fact)}", line, sample.without_fact(fact))


def why(refused: ComposeError) -> str:
    """What made it fail, for whoever writes the template: it may quote the subject."""
    cause: Any = refused.__cause__
    if refused.reason == "too_large":
        return "it is more than a message may hold"
    return printable(str(getattr(cause, "message", None) or f"{type(cause).__name__} {cause}"))


def _refusal(composer: LiquidComposer, sample: Sample) -> ComposeError | None:
    try:
        composer.composed(*sample)
    except ComposeError as refused:
        return refused
    return None


def _fails_for(template: Template, line: int, place: Place, whom: str) -> Trial:
    problem = Problem(
        f"advice: it fails for {whom} (that nudge is suppressed)",
        "Begin with `| default: ...`, or ask with `{% if ... %}`.",
    )
    return Trial(_found(template, line, place, problem), is_advice=True)


def _sms(composer: LiquidComposer, sample: Sample) -> str | None:
    try:
        content: Any = composer.composed(*sample)["content"]
    except ComposeError:
        return None
    return str(content["text"])


def _too_long(template: Template, line: int, use: Use, texts: Iterable[str]) -> Iterator[Trial]:
    longest = max((segments(text) for text in texts), key=lambda each: each.parts)
    if longest.parts > MOST_SEGMENTS:
        what = f"takes {longest.parts} segments for {quoted(use.milestone.id)}, and {MOST_SEGMENTS} are read"
        yield Trial(_found(template, line, ("sms",), Problem(what, f"It has {longest.units} characters: cut some.")))
    literal = next((str(text.source) for text in template.texts if text.place[0] == "sms"), "")
    odd = beyond(literal)
    if odd and longest.parts > 1:
        what = f"advice: {quoted(odd[0])} is outside of the alphabet of text messages"
        why = f"a segment then holds {ALONE['UCS-2']} characters in place of {ALONE['GSM-7']}"
        problem = Problem(f"{what} ({why})", "Write another character, if that costs nothing.")
        yield Trial(_found(template, line, ("sms",), problem), is_advice=True)


def _found(template: Template, line: int, place: Place, problem: Problem) -> Found:
    return Found(template.file, Finding(line, place, problem))

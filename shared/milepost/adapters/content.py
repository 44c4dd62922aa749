"""What a channel sends: structures whose every text is a template (see `liquid_texts`)."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from milepost.adapters.liquid_texts import Form, parse_text, render_text

Content: TypeAlias = object
"""As JSON has it: objects and lists of texts, numbers, truth values and nulls."""
Contents: TypeAlias = Mapping[str, Mapping[str, Content]]
"""By template and channel, as `milepost build` writes them."""

FORMS: Final[Mapping[str, Mapping[str, Form]]] = {
    "email": {"subject": "line", "body": "html"},
    "push": {"title": "line", "body": "text"},
    "sms": {"text": "text"},
    "ops": {"text": "text"},
}
"""The keys of each channel's content, all needed. Any other channel takes an object of whatever it likes."""

Rendering: TypeAlias = Callable[[dict[str, object]], Content]


def parse_content(channel: str, content: Content) -> Rendering:
    """What renders a channel's content for given variables.

    Raises:
        LiquidError: a text of it is not Liquid.
    """
    if isinstance(content, dict) and channel in FORMS:
        forms = FORMS[channel]
        return _object({key: _text(each, forms[key]) for key, each in content.items()})
    return _any(content)


def _any(content: Content) -> Rendering:
    if isinstance(content, dict):
        return _object({key: _any(each) for key, each in content.items()})
    if isinstance(content, list):
        parts = [_any(each) for each in content]
        return lambda variables: [part(variables) for part in parts]
    return _text(content, "text") if isinstance(content, str) else lambda _: content


def _object(parts: Mapping[str, Rendering]) -> Rendering:
    return lambda variables: {key: part(variables) for key, part in parts.items()}


def _text(source: object, form: Form) -> Rendering:
    text = parse_text(str(source), form)
    return lambda variables: render_text(text, form, variables)

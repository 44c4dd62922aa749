"""Liquid: the language of templates. What a team wrote is compiled; what came with an event is only ever a value.

Stricter than the language by itself: a value that is missing fails, unless it is asked about by `if` or has a
`default`; nothing is loaded from anywhere; and whatever a template does ends within the limits below.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache, wraps
from typing import Any, Final, Literal, TypeAlias
from unicodedata import category

from liquid import BoundTemplate, Environment, FalsyStrictUndefined
from liquid.exceptions import FilterArgumentError
from liquid.undefined import is_undefined

from milepost.adapters.liquid_bounds import MOST_BYTES, MOST_TURNS, bound

Form: TypeAlias = Literal["line", "text", "html"]
"""One line, such as a subject; a text of several; HTML, in which every value is escaped."""

_LOADING: Final = ("include", "render")
_UNESCAPING: Final = "safe"
"""The filter by which a value gets round the escaping."""
_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows them, which belongs to somebody else."""
_LINE_ENDS: Final = "\u2028\u2029"
_ASKS: Final = "default"


class Missing(FalsyStrictUndefined):
    """A value that there is not: false where it is asked about, `default` takes its place, anything else fails."""

    __slots__ = ()
    force_liquid_default = True


class _Language(Environment):
    loop_iteration_limit = MOST_TURNS
    output_stream_limit = MOST_BYTES
    local_namespace_limit = MOST_BYTES


@cache
def language(*, escapes: bool) -> Environment:
    """The language; with `escapes` every value becomes text inside HTML."""
    environment = _Language(undefined=Missing, autoescape=escapes)
    for tag in _LOADING:
        del environment.tags[tag]
    del environment.filters[_UNESCAPING]
    environment.add_filter("date", _date)
    bound(environment)
    for name, applied in environment.filters.items():
        if name != _ASKS:
            environment.filters[name] = _of_values(applied)
    return environment


def parse_text(source: str, form: Form) -> BoundTemplate:
    """A text ready to be rendered.

    Raises:
        LiquidError: it is not Liquid.
    """
    return language(escapes=form == "html").from_string(source)


def render_text(text: BoundTemplate, form: Form, variables: dict[str, object]) -> str:
    """The text for these values.

    Raises:
        Exception: whatever python-liquid raises: a value is missing or does not fit, or a limit is exceeded.
    """
    rendered = str(text.render(variables))
    return " ".join(_kept(rendered, " ").split()) if form == "line" else _kept(rendered, "")


def _kept(text: str, instead: str) -> str:
    """Without what no channel shows and some obey: control characters and changes of direction.

    With something to put `instead`, line ends are among these.
    """
    ends = "" if instead else "\n\t"
    return "".join(each if each in ends or not _controls(each) else instead for each in text)


def _controls(character: str) -> bool:
    return character in _OVERRIDES or character in _LINE_ENDS or category(character) in {"Cc", "Cs"}


def _date(value: object, form: object) -> str:
    """The filter `date`: an ISO 8601 date or time by `strftime`; it guesses at nothing, and no clock is asked."""
    try:
        return datetime.fromisoformat(str(value)).strftime(str(form))
    except ValueError:
        raise FilterArgumentError("date: not an ISO 8601 date or time", token=None) from None


def _of_values(applied: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that does not take what is missing for nothing or zero."""

    @wraps(applied)
    def strictly(*values: object, **named: object) -> object:
        for value in (*values, *named.values()):
            if is_undefined(value):
                str(value)  # Raises, and says what is missing.
        return applied(*values, **named)

    return strictly

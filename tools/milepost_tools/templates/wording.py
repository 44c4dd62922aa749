"""What is wrong with one text of a template, whoever it is for: its Liquid, its filters and its variables."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from liquid.exceptions import LiquidError

from milepost.adapters.liquid_texts import language, parse_text
from milepost_tools.catalog.problems import Finding, Problem, printable, quoted, suggestion
from milepost_tools.templates.folder import Text

_PROGRESS: Final = frozenset({"milestone", "title", "have", "need", "left"})
_KNOWN: Final[Mapping[str, Collection[str]]] = {
    "subject": {"id", "kind"},
    "milestone": {"id", "title", "stage", "tier"},
    "path": (),
    "n": (),
    "at": (),
    "variant": (),
    "progress": _PROGRESS,
    "members": {"reached", "of", "ahead_of"},
    "reward": (),
    "call_to_action": {"label", "url"},
    "card": (),
}
"""Variables, and the keys of each."""
TRAITS: Final = "traits"
TOTALS: Final = "totals"
_OF_ANYTHING: Final = frozenset({"size", "first", "last"})


def amiss(text: Text, totals: Collection[str]) -> Iterator[Finding]:
    """Everything that can be told from the text itself; `totals` are those of the catalog."""
    try:
        used = parse_text(text.source, text.form).analyze(include_partials=False)
    except LiquidError as refused:
        index = -1 if refused.token is None else refused.token.start_index
        what = f"is not Liquid: {printable(str(refused.message))}"
        yield Finding(
            text.line(index), text.place, Problem(what, "Mend it; `milepost preview` shows what comes of it.")
        )
        return
    known = language(escapes=False).filters
    for name, spans in used.filters.items():
        if name not in known:
            remedy = suggestion(name, known, "Use one of the filters in docs/templates.md.")
            yield Finding(text.line(spans[0].index), text.place, Problem(f"{quoted(name)} is not a filter", remedy))
    for variables in used.globals.values():
        for each in variables:
            problem = unknown(each.segments, totals)
            if problem is not None:
                yield Finding(text.line(each.span.index), text.place, problem)


def names_in(text: Text, root: str) -> dict[str, int]:
    """The keys of this variable that a text uses, such as the names of traits, each with the line of its first use."""
    try:
        used = parse_text(text.source, text.form).analyze(include_partials=False).globals.get(root, [])
    except LiquidError:
        return {}
    found: dict[str, int] = {}
    for each in used:
        key = str(each.segments[1]) if len(each.segments) > 1 else ""
        found.setdefault(key, text.line(each.span.index))
    return found


def unknown(segments: Any, totals: Collection[str]) -> Problem | None:  # noqa: ANN401  # As python-liquid has them.
    """Why no nudge has such a variable."""
    root, *keys = segments
    if root == TRAITS:
        return None if keys else Problem("`traits` is not a value", "Name one of them: `traits.first_name`.")
    known = totals if root == TOTALS else _KNOWN.get(root)
    if known is None:
        return Problem(f"{quoted(str(root))} is not a variable", suggestion(str(root), [*_KNOWN, TRAITS, TOTALS]))
    key = keys[0] if keys else None
    if not isinstance(key, str) or key in known or (not known and key in _OF_ANYTHING):
        return None
    what = f"{quoted(f'{root}.{key}')} is not a variable"
    return Problem(what, suggestion(key, known, f"There are {', '.join(sorted(known))}." if known else "Leave it out."))

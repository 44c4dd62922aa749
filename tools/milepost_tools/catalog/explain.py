"""The errors of pydantic in the words of the people who write catalogs."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from milepost_tools.catalog.problems import Problem, quoted, suggestion

PydanticError: TypeAlias = Mapping[str, Any]
"""One of `ValidationError.errors()`."""


def explain(error: PydanticError) -> Problem:
    """The problem behind an error; one that has no row here keeps pydantic's own words."""
    row = _ROWS.get(error["type"])
    return row(error) if row else Problem(f"is refused: {error['msg']}", "Write what the language asks for.")


def described(value: object) -> str:
    """What a value is, for somebody who expected something else."""
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case int() | Decimal():
            return f"the number {value}"
        case str():
            return f"the text {quoted(value)}"
        case list():
            return "a list"
        case _:
            return "a mapping"


def mistyped(value: object, expected: str) -> Problem:
    """A value of the wrong type."""
    if value is None:
        return Problem("is empty", f"Write {expected} there, or leave the key out.")
    quotable = expected == "text" and isinstance(value, int | Decimal)
    remedy = "Put it in quotes." if quotable else f"Write {expected} there."
    return Problem(f"must be {expected}, and is {described(value)}", remedy)


def _type(expected: str) -> Callable[[PydanticError], Problem]:
    return lambda error: mistyped(error["input"], expected)


def _bound(words: str, key: str, remedy: str) -> Callable[[PydanticError], Problem]:
    def problem(error: PydanticError) -> Problem:
        bound = error["ctx"][key]
        return Problem(f"must be {words} {bound}, and is {error['input']}", f"Write {bound} or {remedy}.")

    return problem


def _too_long(error: PydanticError) -> Problem:
    most = error["ctx"]["max_length"]
    return Problem(f"holds {len(error['input'])} entries, and {most} fit", f"Keep at most {most}.")


def _missing(error: PydanticError) -> Problem:
    return Problem(f"{quoted(error['loc'][-1])} is missing", "Add it.")


def _literal(error: PydanticError) -> Problem:
    choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    one_of = f"one of {', '.join(choices)}"
    if not isinstance(error["input"], str):
        return mistyped(error["input"], one_of)
    what = f"must be {one_of}, and is {described(error['input'])}"
    return Problem(what, suggestion(error["input"], choices, "Write one of these."))


_ROWS: Final[Mapping[str, Callable[[PydanticError], Problem]]] = {
    "string_type": _type("text"),
    "int_type": _type("a whole number"),
    "bool_type": _type("true or false"),
    "dict_type": _type("a mapping"),
    "model_type": _type("a mapping"),
    "list_type": _type("a list"),
    "greater_than_equal": _bound("at least", "ge", "more"),
    "less_than_equal": _bound("at most", "le", "less"),
    "too_long": _too_long,
    "too_short": lambda _: Problem("holds no entry", "Write at least one."),
    "missing": _missing,
    "literal_error": _literal,
}

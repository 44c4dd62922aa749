"""A JSON Schema from a TypedDict: keys, bounds, and its docstrings as descriptions.

Objects stay open: a subscriber that checks messages with the schema must take keys of later releases.
"""

import ast
import inspect
from collections.abc import Callable, Mapping
from textwrap import dedent
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints, is_typeddict

from milepost.adapters.contract.terms import Bound

Schema: TypeAlias = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SIMPLE: Final[Mapping[object, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    NoneType: "null",
}


def schema_of(shape: type, title: str) -> Schema:
    """The schema of a TypedDict, those that it holds in `$defs`."""
    parts: dict[str, Schema] = {}
    whole = _object(shape, parts)
    return {"$schema": DIALECT, "title": title, **whole, "$defs": dict(sorted(parts.items()))}


def object_of(shape: type) -> Schema:
    """The schema of a TypedDict that holds no other."""
    return _object(shape, {})


def reference(shape: object, parts: dict[str, Schema]) -> Schema:
    """The schema of any type; a TypedDict becomes one of the parts."""
    origin, arguments = get_origin(shape), get_args(shape)
    if is_typeddict(shape) and isinstance(shape, type):
        if shape.__name__ not in parts:
            parts[shape.__name__] = _object(shape, parts)
        return {"$ref": f"#/$defs/{shape.__name__}"}
    if origin is None:
        return {"type": _SIMPLE[shape]}
    return _COMPOUND[origin](arguments, parts)


def _object(shape: type, parts: dict[str, Schema]) -> Schema:
    said = _docstrings(shape)
    hints = get_type_hints(shape, include_extras=True)
    properties = {
        key: {**reference(hint, parts), **({"description": said[key]} if key in said else {})}
        for key, hint in hints.items()
    }
    required = [key for key in hints if key in shape.__required_keys__]  # type: ignore[attr-defined]  # Of TypedDicts.
    needed = {"required": required} if required else {}
    return {"type": "object", "description": _flat(shape.__doc__ or ""), "properties": properties, **needed}


def _annotated(arguments: tuple[Any, ...], parts: dict[str, Schema]) -> Schema:
    shape, *bounds = arguments
    return {**reference(shape, parts), **{each.keyword: each.value for each in bounds if isinstance(each, Bound)}}


def _either(arguments: tuple[Any, ...], parts: dict[str, Schema]) -> Schema:
    return {"anyOf": [reference(each, parts) for each in arguments]}


def _one_of(arguments: tuple[Any, ...], _: dict[str, Schema]) -> Schema:
    return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}


def _mapping(arguments: tuple[Any, ...], parts: dict[str, Schema]) -> Schema:
    _, value = arguments
    values = {} if value is object else {"additionalProperties": reference(value, parts)}
    return {"type": "object", **values}


_COMPOUND: Final[Mapping[Any, Callable[[tuple[Any, ...], dict[str, Schema]], Schema]]] = {
    Annotated: _annotated,
    Union: _either,
    UnionType: _either,
    Literal: _one_of,
    Mapping: _mapping,
}


def _docstrings(shape: type) -> Mapping[str, str]:
    """What stands under each key."""
    [definition] = ast.parse(dedent(inspect.getsource(shape))).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101  # nosec B101  # For the type checker: a class is one.
    found: dict[str, str] = {}
    for key, below in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name) and isinstance(below, ast.Expr):
            found[key.target.id] = _flat(ast.literal_eval(below.value))
    return found


def _flat(text: str) -> str:
    return " ".join(text.split())

"""Reads template.yaml as CloudFormation does: short tags, parameters, conditions. For these tests only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
STAGES = ("dev", "staging", "prod", "local")


class _Loader(yaml.SafeLoader):
    """Turns `!Ref x` into {"Ref": x}, `!GetAtt a.b` into {"Fn::GetAtt": "a.b"} and so on."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Mapping[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    raise TypeError(f"!{suffix} takes a scalar or a list.")


_Loader.add_multi_constructor("!", _tag)


@cache
def raw() -> Mapping[str, Any]:
    """The template as it is written."""
    loaded: Mapping[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return loaded


@dataclass(frozen=True)
class Stack:
    """The template with its parameters put in; what a condition leaves out is gone."""

    resources: Mapping[str, Any]
    outputs: Mapping[str, Any]

    def of_type(self, kind: str) -> Mapping[str, Any]:
        """Properties of the resources of one type, by logical id."""
        return {n: r["Properties"] for n, r in self.resources.items() if r["Type"] == kind}

    def functions(self) -> Mapping[str, Any]:
        """Properties of the functions, what Globals adds included, by verb."""
        found = self.of_type("AWS::Serverless::Function")
        return {n.removesuffix("Function").lower(): p for n, p in found.items()}


@cache
def stack(stage: str = "prod", clock: str = "live", writes: str = "batch") -> Stack:
    """The stack that these parameters make of the template, the others at their defaults."""
    parameters = {name: p.get("Default") for name, p in raw()["Parameters"].items()}
    parameters |= {"Stage": stage, "Clock": clock, "ProgressWrites": writes}
    resolver = _Resolver(parameters)
    kept = {n: r for n, r in raw()["Resources"].items() if "Condition" not in r or resolver.holds(r["Condition"])}
    return Stack(resolver.put_in(kept), resolver.put_in(raw()["Outputs"]))


@dataclass(frozen=True)
class _Resolver:
    parameters: Mapping[str, Any]

    def holds(self, condition: str) -> bool:
        return bool(self._evaluate(raw()["Conditions"][condition]))

    def _evaluate(self, expression: Any) -> Any:
        match expression:
            case {"Fn::Equals": [left, right]}:
                return self._evaluate(left) == self._evaluate(right)
            case {"Fn::Not": [inner]}:
                return not self._evaluate(inner)
            case {"Condition": name}:
                return self.holds(name)
            case {"Ref": name}:
                return self.parameters[name]
        return expression

    def put_in(self, value: Any) -> Any:
        match value:
            case {"Fn::If": [condition, yes, no]}:
                return self.put_in(yes if self.holds(condition) else no)
            case {"Ref": name} if name in self.parameters:
                return self.parameters[name]
            case dict():
                return {k: self.put_in(v) for k, v in value.items() if not self._is_nothing(v)}
            case list():
                return [self.put_in(each) for each in value]
        return value

    def _is_nothing(self, value: Any) -> bool:
        match value:
            case {"Fn::If": [condition, yes, no]}:
                return self._is_nothing(yes if self.holds(condition) else no)
        return bool(value == {"Ref": "AWS::NoValue"})


def as_list(value: Any) -> list[Any]:
    """What a policy allows to be written as one or as a list."""
    return value if isinstance(value, list) else [value]


def attribute_of(value: Any) -> str:
    """`Table` of `!GetAtt Table.Arn`, `!Ref Table` and `!Sub ${Table.Arn}/index/due`."""
    match value:
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": path}:
            return str(path).split(".")[0]
        case {"Fn::Sub": text}:
            return str(text).removeprefix("${").split(".")[0]
    return str(value)


def statements(role: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every statement of a role."""
    for policy in role.get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]

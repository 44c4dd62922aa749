"""template.yaml as plain data: CloudFormation's short tags in their long form, so that it can be written as JSON."""

from pathlib import Path
from typing import Any, Final

import yaml

from milepost_tools.problem import ProblemError

_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """Knows CloudFormation's tags, and leaves dates the text that they are in policies."""


def read_template(path: Path) -> dict[str, Any]:
    """The template with `!Ref X` as {"Ref": "X"}, `!Sub X` as {"Fn::Sub": "X"} and so on.

    Raises:
        ProblemError: there is none, or it is not YAML.
    """
    try:
        template = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # nosec B506  # A SafeLoader.
    except OSError as error:
        raise ProblemError(f"{path} cannot be read.", "Run from a checkout of Milepost that is complete.") from error
    except yaml.YAMLError as error:
        raise ProblemError(f"{path} is not YAML: {error}", "Mend it where the message says.") from error
    if not isinstance(template, dict):
        raise ProblemError(f"{path} holds no template.", "Restore it from git.")
    return template


def _long_form(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value = _plain(loader, node)
    if tag in {"Ref", "Condition"}:
        return {tag: value}
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{tag}": value}


def _plain(loader: yaml.SafeLoader, node: yaml.Node) -> Any:  # noqa: ANN401 - whatever YAML can hold
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


_Loader.add_multi_constructor("!", _long_form)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

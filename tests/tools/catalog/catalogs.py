"""Catalogs to test with: a good one, and ways to change a single thing in it."""

from textwrap import dedent, indent
from typing import Any

from milepost_tools.catalog.check import parse_catalog
from milepost_tools.catalog.compile import compiled
from milepost_tools.catalog.problems import CatalogError

HEAD = """\
catalog: shop
version: 3
consent: {email: email_opt_in, in_app: always}
events:
  bought: {properties: {amount: number}}
  signed_up: {}
"""
COUNT = "count: {event: bought, at_least: 2}"


def with_milestone(body: str) -> str:
    """A catalog whose only milestone, `m`, holds these lines."""
    return f"{HEAD}milestones:\n  m:\n{indent(dedent(body).strip(), '    ')}\n"


def with_reach(rule: str) -> str:
    """A catalog whose only milestone is reached by this rule."""
    return with_milestone(f"reach: {{{rule}}}")


def with_top(lines: str) -> str:
    """A good catalog with more at its top level."""
    return with_reach(COUNT) + dedent(lines)


def compile_text(text: str | bytes) -> dict[str, Any]:
    """The compiled form of a catalog."""
    return compiled(parse_catalog(text if isinstance(text, bytes) else text.encode(), "c.yaml"))


def found(text: str | bytes) -> list[str]:
    """What is wrong with a catalog, line by line; nothing if it is good."""
    try:
        compile_text(text)
    except CatalogError as refused:
        return list(refused.lines)
    return []


def rule_of(rule: str) -> dict[str, Any]:
    """The compiled form of a rule."""
    reach: dict[str, Any] = compile_text(with_reach(rule))["milestones"]["m"]["reach"]
    return reach

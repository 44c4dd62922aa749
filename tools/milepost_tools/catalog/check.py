"""From a file to a validated catalog, or to everything that is wrong with it."""

from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from milepost_tools.catalog.language import Catalog
from milepost_tools.catalog.node import Node
from milepost_tools.catalog.problems import CatalogError, Finding, Problem
from milepost_tools.catalog.source import UnreadableError, read_tree
from milepost_tools.catalog.surroundings import Surroundings
from milepost_tools.problem import ProblemError

LARGEST_FILE: Final = 500_000
"""Bytes: several times what the most milestones that a catalog may hold need."""


class Parsed(NamedTuple):
    """A validated catalog, and the tree of its file, which knows the lines."""

    catalog: Catalog
    tree: Node


def read_catalog(path: Path) -> Parsed:
    """The catalog in a file.

    Raises:
        CatalogError: with every finding.
        ProblemError: the file cannot be read.
    """
    return _parsed(_content(path), str(path))


def parse_catalog(content: bytes, file: str) -> Catalog:
    """The catalog that these bytes are; `file` is what findings call them.

    Raises:
        CatalogError: with every finding.
    """
    return _parsed(content, file).catalog


def _parsed(content: bytes, file: str) -> Parsed:
    findings: list[Finding] = []
    try:
        tree = read_tree(_text(content), findings)
    except UnreadableError as refused:
        raise CatalogError(file, [*findings, refused.finding]) from None
    try:
        catalog = Catalog.model_validate(tree.plain, context=Surroundings.of(tree.plain))
    except ValidationError as refused:
        raise CatalogError(file, _merged(findings, _located(refused, tree))) from None
    if findings:
        raise CatalogError(file, findings)
    return Parsed(catalog, tree)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as refused:
        raise ProblemError(
            f"Cannot read {path}: {refused.strerror or refused}.", "Name a catalog file that is there and readable."
        ) from None


def _text(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        what = f"the file has {len(content)} bytes, and {LARGEST_FILE} fit"
        raise UnreadableError(1, what, "Make it smaller, or two catalogs of it.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as refused:
        line = content.count(b"\n", 0, refused.start) + 1
        raise UnreadableError(line, "the text is not UTF-8", "Save the file as UTF-8.") from None


def _located(refused: ValidationError, tree: Node) -> list[Finding]:
    return [Finding(*tree.locate(error["loc"]), Problem(**error["ctx"])) for error in refused.errors(include_url=False)]


def _merged(read: list[Finding], validated: list[Finding]) -> list[Finding]:
    """All findings; a value that could not be read is not found wrong a second time."""
    unread = {finding.place for finding in read if finding.place}
    return [*read, *(finding for finding in validated if finding.place not in unread)]

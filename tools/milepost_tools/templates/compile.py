"""A catalog and its templates as the layer holds them."""

from pathlib import Path

from milepost.adapters.content import Contents
from milepost_tools.catalog.check import read_catalog
from milepost_tools.catalog.compile import compiled
from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.problems import CatalogError
from milepost_tools.templates.check import check_templates
from milepost_tools.templates.folder import Found, contents_of


class TemplatesError(CatalogError):
    """Templates that cannot be used, with everything that is wrong with them."""

    def __init__(self, file: str, found: list[Found]) -> None:
        """`found` is not empty."""
        self._told = tuple(each.told for each in found)
        super().__init__(file, [each.finding for each in found])

    @property
    def lines(self) -> tuple[str, ...]:
        """Every finding as a line of text, each with its own file."""
        return self._told


def compile_with_templates(path: Path) -> tuple[Compiled, Contents | None]:
    """The compiled form of a catalog file, and of the templates beside it; None where there is no folder of them.

    Raises:
        CatalogError: the file is no valid catalog, or its templates do not fit; it carries every finding.
        ProblemError: a file cannot be read.
    """
    parsed = read_catalog(path)
    checked = check_templates(path, parsed)
    if checked.findings:
        raise TemplatesError(str(path), checked.findings)
    return compiled(parsed.catalog), None if checked.templates is None else contents_of(checked.templates)

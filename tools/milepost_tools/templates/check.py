"""Templates against their catalog: every finding, and advice where nothing is wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost_tools.catalog.check import Parsed
from milepost_tools.catalog.compile import compiled
from milepost_tools.catalog.problems import Finding, Problem, quoted, suggestion
from milepost_tools.templates.folder import SUFFIX, Found, Templates, folder_of, read_templates
from milepost_tools.templates.steps import Use, uses_of
from milepost_tools.templates.trial import tried
from milepost_tools.templates.wording import amiss


class Checked(NamedTuple):
    """The templates, None where there is no folder; what is wrong with them; and advice, in the form of findings."""

    templates: Templates | None
    findings: list[Found]
    advice: list[Found]


def check_templates(file: Path, parsed: Parsed) -> Checked:
    """Check the templates beside a catalog that is in order itself.

    Raises:
        ProblemError: a file cannot be opened.
    """
    catalog = catalog_of(parsed)
    templates, findings = read_templates(file)
    if templates is None:
        return Checked(None, [], [])
    uses = list(uses_of(catalog))
    findings += [
        Found(each.file, found)
        for each in templates.values()
        for text in each.texts
        for found in amiss(text, catalog.totals)
    ]
    findings += _missing(file, parsed, templates, uses)
    if findings:
        return Checked(templates, _ordered(findings), [])
    trials = [found for use in uses for found in tried(catalog, templates[use.template], use)]
    advice = [*_unused(templates, uses), *(each.found for each in trials if each.is_advice)]
    return Checked(templates, _ordered([each.found for each in trials if not each.is_advice]), _ordered(advice))


def _missing(file: Path, parsed: Parsed, templates: Templates, uses: list[Use]) -> Iterator[Found]:
    for use in uses:
        line, place = parsed.tree.locate(use.place)
        if use.template not in templates:
            path = folder_of(file) / f"{use.template}{SUFFIX}"
            remedy = suggestion(use.template, templates, f"Write {path}.")
            if not path.is_file():  # Else it could not be read, which is a finding by itself.
                yield Found(file, Finding(line, place, Problem(f"there is no template {quoted(use.template)}", remedy)))
        elif use.channel not in templates[use.template].channels:
            what = f"the template {quoted(use.template)} has nothing for {use.channel}"
            remedy = f"Add `{use.channel}:` to {templates[use.template].file}."
            yield Found(file, Finding(line, place, Problem(what, remedy)))


def _unused(templates: Templates, uses: list[Use]) -> Iterator[Found]:
    used = {use.template for use in uses}
    for name, template in templates.items():
        if name not in used:
            problem = Problem("advice: no step sends it (nobody will ever read it)", "Use it or delete it.")
            yield Found(template.file, Finding(1, (), problem))


def _ordered(found: list[Found]) -> list[Found]:
    """Each once, by file and line."""
    return sorted(set(found), key=lambda each: (each.file, each.finding.line, each.told))


def catalog_of(parsed: Parsed) -> Catalog:
    """The catalog as the core reads it."""
    return catalog_from_compiled(compiled(parsed.catalog))

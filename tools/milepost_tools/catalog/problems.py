"""What is wrong with a catalog, each as one finding that names its line, its place and its remedy."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, NamedTuple, TypeAlias

from milepost_tools.problem import ProblemError

Place: TypeAlias = tuple[str | int, ...]
"""Keys and list positions that lead from the top of a catalog to a value; empty for the whole file."""
_LONGEST_QUOTE: Final = 60


class Problem(NamedTuple):
    """What is wrong and what to do about it: a clause that follows a name, and a sentence."""

    what: str
    remedy: str


class Finding(NamedTuple):
    """A problem, where it is."""

    line: int
    place: Place
    problem: Problem

    def told(self, file: str) -> str:
        """`FILE:LINE: path: what is wrong. remedy`; a problem of the whole file has no path."""
        where = f"{dotted(self.place)}: " if self.place else ""
        return f"{file}:{self.line}: {where}{self.problem.what}. {self.problem.remedy}"


class CatalogError(ProblemError):
    """A catalog that cannot be used, with everything that is wrong with it."""

    def __init__(self, file: str, findings: Iterable[Finding]) -> None:
        """`findings` is not empty, in any order."""
        self.file = file
        # By line and then by what is printed: places mix texts and numbers, which do not compare.
        self.findings = tuple(sorted(set(findings), key=lambda finding: (finding.line, finding.told(file))))
        super().__init__(f"{file} is not a catalog that can be used.", "\n  ".join(self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """Every finding as a line of text, in the order of the file."""
        return tuple(finding.told(self.file) for finding in self.findings)


def dotted(place: Place) -> str:
    """A place as people write it: `milestones.first-order.on_reached[0].channel`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{printable(step)}" for step in place)
    return "".join(steps).removeprefix(".")


def printable(text: str) -> str:
    """A text of the catalog, short enough and on one line, so that a finding stays one line."""
    shown = "".join(each if each.isprintable() else "?" for each in text)
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}..."


def quoted(text: str) -> str:
    """A text of the catalog inside a sentence."""
    return f"`{printable(text)}`"


def suggestion(word: str, known: Iterable[str], otherwise: str = "Leave it out.") -> str:
    """`Did you mean ...?` where a known word is close, else what to do instead."""
    close = get_close_matches(word, sorted(known), n=1)
    return f"Did you mean {quoted(close[0])}?" if close else otherwise

"""Catalogs to begin with, one a trade, and the templates of each in a folder of the trade's name.

`milepost init` copies them, and a team makes them its own.
"""

from collections.abc import Mapping
from importlib.resources import files

from milepost_tools.problem import ProblemError

_SUFFIX = ".yaml"


def trades() -> list[str]:
    """The trades that there is a catalog for, sorted."""
    names = (each.name for each in files(__name__).iterdir())
    return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def starter(trade: str) -> bytes:
    """The catalog of a trade, as it lies in its file, comments and all.

    Raises:
        ProblemError: there is none for it.
    """
    if trade not in trades():
        raise ProblemError(f"There is no catalog for {trade}.", f"Name one of {', '.join(trades())}.")
    return files(__name__).joinpath(f"{trade}{_SUFFIX}").read_bytes()


def starter_templates(trade: str) -> Mapping[str, bytes]:
    """The templates of a trade that has a catalog, by the names of their files."""
    return {each.name: each.read_bytes() for each in files(__name__).joinpath(trade).iterdir()}

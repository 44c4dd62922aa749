"""The table of `milepost bench hotpath` in the README: written by the command, and compared by the gate.

Only what is the same on every machine stands in it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from milepost_tools.problem import ProblemError

BEGIN: Final = "<!-- made by: milepost bench hotpath --no-cpu --readme README.md -->\n"
END: Final = "<!-- end -->\n"


def table_of(row: Mapping[str, Any]) -> str:
    """The benchmark's row as a table in Markdown."""
    return "\n".join(_lines(row)) + "\n"


def write(file: Path, table: str) -> None:
    """Put the table in its place.

    Raises:
        ProblemError: the file has no place for it.
    """
    before, after = _around(file)
    file.write_text(f"{before}{BEGIN}{table}{END}{after}", encoding="utf-8")


def holds(file: Path, table: str) -> bool:
    """Whether the file has exactly this table.

    Raises:
        ProblemError: the file has no place for it.
    """
    before, after = _around(file)
    return file.read_text(encoding="utf-8") == f"{before}{BEGIN}{table}{END}{after}"


def _around(file: Path) -> tuple[str, str]:
    before, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ProblemError(f"{file} has no place for the table.", f"Put {BEGIN.strip()} and {END.strip()} around it.")
    return before, after


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    yield "| batch of | design | write units | read units | requests | largest item | wrong subjects |"
    yield "|---|---|---|---|---|---|---|"
    for batch, floor in row["floor"].items():
        for name, designs in row["designs"].items():
            each = designs[batch]
            units = f"{each['write_units_per_event']:.3f}, {each['write_units_per_event'] / floor:.2f} of the floor"
            yield (
                f"| {batch} | {name} | {units} | {each['read_units_per_event']:.3f} | "
                f"{each['requests_per_event']:.3f} | {each['largest_item_bytes']:,} bytes | {each['wrong_subjects']} |"
            )
        whole = row["whole_path"][batch]
        yield (
            f"| {batch} | milepost, whole path at {whole['outcomes_per_event']:.1%} outcomes | "
            f"{whole['write_units_per_event']:.3f} | {whole['read_units_per_event']:.3f} | "
            f"{whole['requests_per_event']:.3f} | | |"
        )

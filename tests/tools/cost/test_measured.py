"""What `milepost cost` reckons with is what `milepost bench hotpath` has printed last."""

from pathlib import Path

from milepost_tools.cost.measured import OURS, RIVALS

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
IN_README = {"idempotency utility": "idempotency", "transaction per event": "transaction"}


def cells_of(batch: int, design: str) -> list[str]:
    """A row of the table that the benchmark writes."""
    [line] = [each for each in README.splitlines() if each.startswith(f"| {batch} | {design} |")]
    return [cell.strip() for cell in line.split("|")]


def test_units_and_requests_are_those_of_the_benchmark() -> None:
    """The README's table is made by it, and held against it by the gate."""
    for batch, ours in OURS.items():
        cells = cells_of(batch, "milepost")
        assert cells[3].startswith(f"{ours.write_units:.3f},")
        assert cells[5] == f"{ours.requests:.3f}"
        for name, rival in RIVALS.items():
            cells = cells_of(batch, IN_README[name])
            assert cells[3].startswith(f"{rival.write_units:.3f},")
            assert cells[5] == f"{rival.requests:.3f}"

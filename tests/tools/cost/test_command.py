import json

import pytest

from milepost_tools.cli import main

ASKED = {"--events-per-month": "1e6", "--subjects": "2000", "--batch": "1000"}


def asked(**changed: str) -> list[str]:
    """The command with some arguments changed."""
    options = ASKED | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    return ["cost", *(each for option in options.items() for each in option)]


def test_the_bill_ends_with_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Its services add up to the total, and the ratio is of the two totals."""
    assert main(asked()) == 0
    lines = capsys.readouterr().out.splitlines()
    row = json.loads(lines[-1])
    assert row["dollars"] == pytest.approx(sum(row["services"].values()), abs=0.05)
    assert row["dollars"] == pytest.approx(row["dollars_per_million_events"], abs=0.01)
    for rival in row["rivals"].values():
        assert rival["ratio"] == pytest.approx(row["dollars"] / rival["dollars"], abs=0.001)
        assert rival["ratio"] < 1
    assert any("total" in line and f"{row['dollars']:.2f}" in line for line in lines)


def test_a_batch_that_so_few_events_never_fill_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A million a month are two in five seconds; five thousand million are 9,645."""
    main(asked())
    assert "batches of about 2 in a window" in capsys.readouterr().out
    main(asked(events_per_month="5e9"))
    assert "in a window" not in capsys.readouterr().out


@pytest.mark.parametrize("value", ["0", "-3", "1.5", "nan", "inf", "many"])
@pytest.mark.parametrize("option", ["events-per-month", "subjects", "batch"])
def test_bad_numbers_are_refused_by_name(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the exit status of a problem to mend."""
    with pytest.raises(SystemExit, match="2"):
        main(asked(**{option: value}))
    refused = capsys.readouterr().err
    assert f"argument --{option}: " in refused
    assert value in refused


@pytest.mark.parametrize(("option", "value"), [("batch", "10001"), ("outcomes-share", "1.1"), ("outcomes-share", "0")])
def test_what_cannot_be_is_refused_too(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Lambda takes no larger batch, and an event has at most one outcome here."""
    with pytest.raises(SystemExit, match="2"):
        main(asked(**{option: value}))
    assert f"argument --{option}: " in capsys.readouterr().err

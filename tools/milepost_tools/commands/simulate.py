"""Run a recorded log through the catalog: no AWS, the clock driven by the log."""

import argparse
from pathlib import Path

from milepost_tools.catalog import load_catalog
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.results import final_state, nudge_order, nudge_row, outcome_row, write_rows
from milepost_tools.history.simulation import Simulation
from milepost_tools.history.summary import Summary, print_summary
from milepost_tools.local.recording import read_parcels


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments that `replay` has too."""
    add_history_arguments(parser)


def add_history_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of a run over a log (semantics, section 7)."""
    parser.add_argument("events", metavar="EVENTS", help="NDJSON, .gz too, or - for standard input")
    parser.add_argument("--catalog", type=Path, default=Path("catalog/catalog.yaml"), metavar="FILE")
    parser.add_argument("--as-of", metavar="TIME", help="where the clock ends; default: at the log's last arrival")
    parser.add_argument("--outcomes", metavar="FILE", help="write the outcomes in their final state")
    parser.add_argument("--nudges", metavar="FILE", help="write the decision on every nudge")


def run(arguments: argparse.Namespace) -> int:
    """Simulate, write the files asked for, and sum up for a person."""
    catalog = load_catalog(arguments.catalog)
    run_ = Simulation(catalog).run(read_parcels(arguments.events), read_as_of(arguments.as_of))
    outcomes = final_state(outcome_row(each) for each in run_.outcomes)
    nudges = sorted((nudge_row(each) for each in run_.nudges), key=nudge_order)
    if arguments.outcomes:
        write_rows(arguments.outcomes, outcomes)
    if arguments.nudges:
        write_rows(arguments.nudges, nudges)
    summary = Summary(catalog, len(run_.subjects), run_.tally, run_.refused, outcomes, nudges)
    print_summary(summary)
    return 0

"""Show Milepost at work on real purchases: a local stack, everything in it, judged against the right answers."""

import argparse
from contextlib import ExitStack

from milepost_tools.demo.report import report
from milepost_tools.demo.run import demonstrate
from milepost_tools.history.progress import progress_bar
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.signals import ending_on_signals


def configure(parser: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(_arguments: argparse.Namespace) -> int:
    """Run it and report; 1 if anything was lost, counted twice or published under a second id."""
    with ending_on_signals(), telling_plainly(), ExitStack() as bars:
        found = demonstrate(lambda total: bars.enter_context(progress_bar("messages sent", total)))
    print(report(found))
    return 1 if found.judgement.wrong or found.unlike_simulation else 0

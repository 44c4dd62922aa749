"""`python -m milepost_tools.demo.checking.check LOG CATALOG OUTCOMES NUDGES AS_OF`: is every decision on nudges right?

LOG is gzipped NDJSON with `receivedAt`; OUTCOMES and NUDGES are files of `milepost simulate` or `milepost replay`,
NUDGES with `--deferrals`. Its last line says how many decisions it looked at and how many
breaches of each law it found.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from milepost_tools.demo.checking.laws import LAWS, Case
from milepost_tools.demo.checking.log import Body, Customer, customers, messages
from milepost_tools.demo.checking.plan import Plan, read_plan
from milepost_tools.demo.checking.scene import Decision, Person, Row, instant

SHOWN: Final = 5


def breaches(
    plan: Plan, log: Iterable[Body | None], outcomes: Sequence[Row], nudges: Sequence[Row], as_of: str
) -> dict[str, Sequence[str]]:
    """By law, what is wrong, a sentence each; `nudges` are all decisions, those on each nudge in the order of time."""
    at = {(row["subject"], row["milestone"], row["n"], row["outcome"]): row["at"] for row in outcomes}
    told = [row for row in nudges if _about(row) in at]
    decisions = [_decision(plan, row, at[_about(row)]) for row in told]
    strays = [f"{' '.join(map(str, _about(row)))}: no such outcome" for row in nudges if _about(row) not in at]
    case = Case(plan, _people(customers(log), outcomes, decisions), decisions, outcomes, instant(as_of))
    return {"no outcome": strays, **{name: list(law(case)) for name, law in LAWS.items()}}


def _about(row: Row) -> tuple[str, str, int, str]:
    return row["subject"], row["milestone"], row["n"], row["path"]


def _decision(plan: Plan, row: Row, at: str) -> Decision:
    milestone = plan["milestones"][row["milestone"]]
    return Decision(row, milestone, milestone[f"on_{row['path']}"][row["step"]], instant(at))


def _people(
    known: Mapping[str, Customer], outcomes: Iterable[Row], decisions: Iterable[Decision]
) -> Mapping[str, Person]:
    reached: defaultdict[str, list[Row]] = defaultdict(list)
    uses: defaultdict[str, list[Decision]] = defaultdict(list)
    for row in outcomes:
        reached[row["subject"]].append(row)
    for each in decisions:
        if each.uses:
            uses[each.row["subject"]].append(each)
    everyone = known.keys() | reached.keys()  # An outcome of somebody who is not in the log is judged, too.
    return {each: Person(known.get(each, Customer()), reached[each], uses[each]) for each in everyone}


def _rows(path: str) -> Iterator[Row]:
    with Path(path).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def main(arguments: Sequence[str]) -> int:
    """Judge the files; 1 if anything is wrong."""
    log, catalog, outcomes, nudges, as_of = arguments
    decided = list(_rows(nudges))
    found = breaches(read_plan(Path(catalog)), messages(Path(log)), list(_rows(outcomes)), decided, as_of)
    for law, sentences in found.items():
        for sentence in sentences[:SHOWN]:
            sys.stdout.write(f"{law}: {sentence}\n")
    counts = {law: len(sentences) for law, sentences in found.items()}
    figures = {"decisions": len(decided), "nudges": len({row["id"] for row in decided}), "breaches": counts}
    sys.stdout.write(json.dumps(figures) + "\n")
    return 1 if any(counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

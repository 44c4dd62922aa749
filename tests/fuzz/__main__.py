"""A million inputs: `python -m tests.fuzz --inputs 1000000 --seed 1 --processes 2`. The last line is JSON."""

import argparse
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from json import dumps
from multiprocessing import get_context
from time import perf_counter

from tests.fuzz.trying import tried, work_of


def main() -> int:
    """Try, print what became of them, and 1 if a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    for name, default in (("inputs", 1_000_000), ("seed", 1), ("processes", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    begun = perf_counter()
    codes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    broken: list[tuple[str, str, str]] = []
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        for each in pool.map(tried, work_of(asked.inputs, asked.seed), chunksize=4):
            codes[each.boundary] += each.codes
            broken += [(each.boundary, *found) for found in each.unhandled]
    for boundary, found in codes.items():
        for code, times in found.most_common():
            print(f"{boundary:9} {times:9,}  {code}")
    for boundary, text, told in broken[:20]:
        print(f"UNHANDLED {boundary}: {told}\n  {text[:2_000]!a}")
    inputs = {name: sum(found.values()) for name, found in codes.items()}
    summed = {"inputs": sum(inputs.values()) + len(broken), "by_boundary": inputs, "unhandled": len(broken)}
    print(dumps({"fuzz": True, "seed": asked.seed, **summed, "seconds": round(perf_counter() - begun)}))
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())

"""Reads back what a function printed for CloudWatch."""

from collections import Counter
from collections.abc import Iterator
from json import JSONDecoder
from typing import Any


def lines(printed: str) -> Iterator[Any]:
    """Each JSON object; threads that print at once may put two on a line."""
    decoder, rest = JSONDecoder(), printed.lstrip()
    while rest:
        found, end = decoder.raw_decode(rest)
        yield found
        rest = rest[end:].lstrip()


def measured(printed: str) -> Counter[str]:
    """The sum of each metric."""
    metrics: Counter[str] = Counter()
    for line in lines(printed):
        for group in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            metrics.update({each["Name"]: int(sum(line[each["Name"]])) for each in group["Metrics"]})
    return metrics

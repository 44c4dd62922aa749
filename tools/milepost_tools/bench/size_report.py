"""`milepost bench size`: how large is what is deployed, zipped and unpacked, and how fast ingest starts from it."""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from milepost_tools.bench.artifact import is_built, not_pure, parts
from milepost_tools.bench.cold_start import MOST_OF_NAIVE, ColdStart, measure
from milepost_tools.bench.report import Report
from milepost_tools.local.archive import Files, zipped

MOST_ZIPPED: Final = 5_000_000
INGEST: Final = ("IngestFunction", "SharedLayer", "CatalogLayer")
"""What Lambda unpacks to run ingest."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of one function or layer: as uploaded, and as it lies on disk."""

    zipped: int
    unpacked: int


def sizes(found: Mapping[str, Files]) -> Mapping[str, Size]:
    """The sizes of each part."""
    return {name: Size(len(zipped(files)), sum(map(len, files.values()))) for name, files in found.items()}


def report(_: Namespace) -> Report:
    """Measure the checkout in the current folder."""
    project = Path()
    found = parts(project)
    sized = sizes(found)
    compiled = [each for files in found.values() for each in not_pure(files)]
    cold = measure({path: content for name in INGEST for path, content in found[name].items()})
    ingest = sum(sized[name].zipped for name in INGEST)
    source = "as sam build left it" if is_built(project) else "put together from the sources and pip"
    row = {
        "bench": "size",
        "source": source,
        "bytes": {name: {"zipped": each.zipped, "unpacked": each.unpacked} for name, each in sized.items()},
        "ingest_zipped": ingest,
        "not_pure": compiled,
        "cold_start_cpu_seconds": {name: round(min(each), 3) for name, each in _sides(cold)},
        "cold_start_ratio": round(cold.ratio, 3),
        "naive_without": cold.missing,
    }
    lines = [f"Bytes, {source}:", *_size_lines(sized, ingest, compiled), *_start_lines(cold)]
    return Report(lines, row, ingest <= MOST_ZIPPED and cold.met)


def _size_lines(sized: Mapping[str, Size], ingest: int, compiled: list[str]) -> Iterator[str]:
    for name, each in sized.items():
        yield f"  {name:18} {each.zipped:>11,} zipped  {each.unpacked:>11,} unpacked"
    yield f"  {'ingest in all':18} {ingest:>11,} zipped  (goal: at most {MOST_ZIPPED:,})"
    yield f"Compiled for a platform: {', '.join(compiled) or 'nothing, all of it is pure Python'}"


def _start_lines(cold: ColdStart) -> Iterator[str]:
    yield "From nothing to the end of an empty batch, milliseconds of CPU of a whole process:"
    for name, each in _sides(cold):
        yield f"  {name:18} best {min(each) * 1e3:>5.0f}  median {median(each) * 1e3:>5.0f}  of {len(each)} runs"
    yield f"  {'ratio of the best':18} {cold.ratio:.2f}  (goal: at most {MOST_OF_NAIVE})"
    if cold.missing:
        yield f"Not judged: the naive set lacks {', '.join(cold.missing)}, which PYTHONPATH may add"


def _sides(cold: ColdStart) -> Iterator[tuple[str, list[float]]]:
    yield "ingest", list(cold.ours)
    yield "naive set", list(cold.naive)

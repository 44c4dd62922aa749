"""What DynamoDB bills: bytes of an item, units of a write or a read, and a meter that adds them up.

After its developer guide: "DynamoDB Item sizes and formats" (CapacityUnitCalculations), "DynamoDB read and write
operations" (read-write-operations), "Working with items" (conditional writes), "Using Global Secondary Indexes"
(GSI.ThroughputConsiderations) and "DynamoDB transactions". Units of 1 KB and 4 KB are 1,024 and 4,096 bytes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any, Final

from milepost_tools.engine.values import Item, Value

_WRITE_UNIT: Final = 1024
_READ_UNIT: Final = 4096


def bytes_as_billed(item: Item) -> int:
    """Names and values."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Value) -> int:
    """Bytes of a value; of a list or map 3 and 1 for each element besides."""
    [(kind, content)] = value.items()
    return _BYTES[kind](content)


def _number_bytes(text: str) -> int:
    """One, one for the sign if negative, and one for every two significant digits, zeros at the ends left out.

    The guide says "approximately"; the pairs are counted from the decimal point, which is never the cheaper reading.
    """
    sign, digits, exponent = Decimal(text).as_tuple()
    significant = "".join(map(str, digits)).rstrip("0")
    right = int(exponent) + len(digits) - len(significant)
    significant = significant.lstrip("0")
    return 1 + sign + ceil((len(significant) + right % 2) / 2) if significant else 1


def _set_of(size: Callable[[Any], int]) -> Callable[[Any], int]:
    return lambda members: sum(size(each) for each in members)


def _text_bytes(text: str) -> int:
    return len(text.encode())


_BYTES: Final[Mapping[str, Callable[[Any], int]]] = {
    "S": _text_bytes,
    "B": len,
    "N": _number_bytes,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "L": lambda elements: 3 + sum(1 + value_bytes(each) for each in elements),
    "M": lambda elements: 3 + len(elements) + bytes_as_billed(elements),
    "SS": _set_of(_text_bytes),
    "BS": _set_of(len),
    "NS": _set_of(_number_bytes),
}


def write_units(size: int) -> int:
    """One for every 1 KB begun, and one for nothing."""
    return max(1, ceil(size / _WRITE_UNIT))


def read_units(size: int, *, consistent: bool) -> float:
    """One for every 4 KB begun, and one for nothing; half of it if the read may be stale."""
    return max(1, ceil(size / _READ_UNIT)) * (1 if consistent else 0.5)


@dataclass(frozen=True, slots=True)
class Line:
    """Units that a table spent, or one of its indexes."""

    table: str
    index: str | None
    write: float = 0
    read: float = 0


@dataclass(slots=True)
class Bill:
    """What one request cost, and the largest item that it wrote to each table, in bytes."""

    lines: list[Line] = field(default_factory=list)
    largest: dict[str, int] = field(default_factory=dict)

    def write(self, table: str, units: float, index: str | None = None) -> None:
        """Write units."""
        self.lines.append(Line(table, index, write=units))

    def read(self, table: str, units: float, index: str | None = None) -> None:
        """Read units."""
        self.lines.append(Line(table, index, read=units))

    def wrote(self, table: str, size: int) -> None:
        """An item of `size` bytes."""
        self.largest[table] = max(size, self.largest.get(table, 0))

    def consumed(self, *, by_index: bool) -> list[dict[str, Any]]:
        """ConsumedCapacity, one entry a table."""
        units: defaultdict[str, defaultdict[str | None, float]] = defaultdict(lambda: defaultdict(float))
        for line in self.lines:
            units[line.table][line.index] += line.write + line.read
        return [_entry(table, each, by_index=by_index) for table, each in units.items()]


def _entry(table: str, units: Mapping[str | None, float], *, by_index: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"TableName": table, "CapacityUnits": float(sum(units.values()))}
    if by_index:
        entry["Table"] = {"CapacityUnits": float(units.get(None, 0))}
        indexes = {name: {"CapacityUnits": float(each)} for name, each in units.items() if name is not None}
        entry |= {"GlobalSecondaryIndexes": indexes} if indexes else {}
    return entry


@dataclass(slots=True)
class Consumed:
    """Write and read units, calls of the API, and bytes of the largest item written."""

    write_units: float = 0
    read_units: float = 0
    requests: int = 0
    largest_item: int = 0

    def add(self, lines: Iterable[Line], largest: int) -> None:
        """One request more."""
        for line in lines:
            self.write_units += line.write
            self.read_units += line.read
        self.requests += 1
        self.largest_item = max(self.largest_item, largest)


@dataclass(slots=True)
class Meter(Consumed):
    """The sum of all requests since the last reset, and of each table's: a request counts for every table it met.

    What an index cost is in its table's figures.
    """

    tables: dict[str, Consumed] = field(default_factory=dict)

    def record(self, bill: Bill) -> None:
        """Add a request."""
        self.add(bill.lines, max(bill.largest.values(), default=0))
        for table in dict.fromkeys(line.table for line in bill.lines):
            own = [line for line in bill.lines if line.table == table]
            self.tables.setdefault(table, Consumed()).add(own, bill.largest.get(table, 0))

    def reset(self) -> None:
        """Begin again at nothing."""
        self.write_units = self.read_units = 0
        self.requests = self.largest_item = 0
        self.tables = {}

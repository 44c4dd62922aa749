"""Where a log comes from and how it is to be read: plain values, which another process can be told."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from milepost_tools.history.columns import Mapped
from milepost_tools.history.csv_log import CsvLog
from milepost_tools.history.log import Log, NdjsonLog

_CSV: tuple[str, ...] = (".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class Source:
    """A log's name; `mapped` and `zone`, an IANA name, say how to read it where it is a table."""

    name: str
    mapped: Mapped | None = None
    zone: str | None = None

    def open(self) -> Log:
        """The log, to be read from its beginning."""
        if self.mapped is None:
            return NdjsonLog(self.name)
        return CsvLog(self.name, self.mapped, ZoneInfo(self.zone) if self.zone else None)


def is_csv(name: str) -> bool:
    """Whether a file's name says that it is a table."""
    return name.lower().endswith(_CSV)

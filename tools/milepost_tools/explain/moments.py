"""Instants as people read them: by the subject's own clock, and in UTC."""

from dataclasses import dataclass

from milepost.domain.instant import Instant, format_instant, to_datetime
from milepost.domain.local import Local


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in the subject's time zone, to the second, and exactly in UTC."""

    local: str
    utc: str

    def __str__(self) -> str:
        return f"{self.local} ({self.utc})"


def moment(instant: Instant, local: Local) -> Moment:
    """The instant by this calendar's clock; one beyond the years 1 to 9999 as microseconds since 1970."""
    try:
        wall = to_datetime(instant).astimezone(local.zone)
        return Moment(f"{wall:%Y-%m-%d %H:%M:%S}", format_instant(instant))
    except OverflowError:
        return Moment(f"{instant}us", f"{instant}us")


def moment_or_none(instant: Instant | None, local: Local) -> Moment | None:
    """The same where there may be none."""
    return None if instant is None else moment(instant, local)

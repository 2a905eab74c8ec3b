"""When a night ends: the next 06:00 on the wall of a named place, whatever its clocks do meanwhile."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bodycam_pipeline.values.errors import WorkListError


def next_time(until: str, zone: str, now: datetime) -> datetime:
    """The first moment after ``now`` (aware) at which the clock in ``zone`` shows ``until``.

    A time that summer time skips comes as much later as the clock was put forward; one that comes twice is the first.

    Raises:
        WorkListError: not a time, or not a zone.
    """
    at, place = _time(until), _zone(zone)
    today = now.astimezone(place).date()
    moments = (datetime.combine(today + timedelta(days=day), at, place).astimezone(UTC) for day in range(3))
    return next(moment for moment in moments if moment > now)


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise WorkListError(f"'{text}' is not a time of day", remedy="Write --until as 06:00.") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise WorkListError(f"'{name}' is an unknown time zone", remedy="Write --zone as America/Toronto.") from None

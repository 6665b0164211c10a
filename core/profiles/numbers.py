"""Values as numbers, where they are any that arithmetic takes."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_S = (datetime.min.replace(tzinfo=UTC) - EPOCH).total_seconds()
LAST_S = (datetime.max.replace(microsecond=0, tzinfo=UTC) - EPOCH).total_seconds()


def real(value: Any) -> float | None:
    """A finite number as a float; None for everything else, and for what no float reaches."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def seconds(value: Any) -> float | None:
    """A date or a moment as seconds since 1970; one without a zone as if it were in UTC."""
    if not isinstance(value, date):
        return None
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    return float(((value if value.tzinfo else value.replace(tzinfo=UTC)) - EPOCH).total_seconds())


def instant(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone as it is.

    Python compares two of one zone by their clocks, and an hour that a zone repeats would count once.
    """
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment
    except OverflowError:  # the first or the last day of the calendar
        return moment


def moment_of(at: float) -> datetime:
    """`seconds` back again, in UTC. Beyond the calendar, where the edge of a bar may lie, its first or last second."""
    return EPOCH + timedelta(seconds=min(max(at, FIRST_S), LAST_S))

"""A window in which somebody works on a source, as people and programs give it."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from core.connectors.base import StrictModel
from core.connectors.forms import validate
from core.models import Maintenance

LONGEST = timedelta(days=30)
"""A window that somebody forgot hides a broken source no longer than this."""

_RFC3339 = re.compile(r"2\d{3}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)")


def _written_out(value: object) -> datetime:
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        with suppress(ValueError):  # a day or an hour that there is not
            return datetime.fromisoformat(value.upper())
    raise PydanticCustomError("moment", "a moment with its offset from UTC")


When = Annotated[AwareDatetime, BeforeValidator(_written_out)]


class MaintenanceInput(StrictModel):
    start: When = Field(alias="from")
    until: When

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.until <= self.start:
            raise PydanticCustomError("until_before_from", "until after from", {"field": "until"})
        if self.until - self.start > LONGEST:
            raise PydanticCustomError("maintenance_long", "30 days", {"field": "until", "days": LONGEST.days})
        return self


def parse_maintenance(sent: Mapping[str, Any] | None, present: Maintenance | None, now: datetime) -> Maintenance | None:
    """A merge patch of `{"from", "until"}` in RFC 3339; None clears it. Without `from` it begins now.

    Raises InvalidInput naming `maintenance.from` or `maintenance.until`.
    """
    if sent is None:
        return None
    kept = as_data(present) if present is not None and now < present.until else None
    merged = {"from": now.isoformat(), **(kept or {}), **sent}
    given = validate(MaintenanceInput, merged, "maintenance")
    return Maintenance(given.start.astimezone(UTC), given.until.astimezone(UTC))


def as_data(maintenance: Maintenance | None) -> dict[str, str] | None:
    """As it is given and shown."""
    if maintenance is None:
        return None
    return {"from": maintenance.start.isoformat(), "until": maintenance.until.isoformat()}

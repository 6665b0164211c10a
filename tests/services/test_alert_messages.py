"""What is said of an incident: who is meant by its sentences."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.i18n import Translator
from core.models import Cause, Incident, IncidentSource
from core.services.alert_messages import Told, incident_message

NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)


def told(moment: str, *recovered: str) -> Told:
    members = [
        IncidentSource(UUID(int=number), name, "postgres", NOW, NOW if name in recovered else None, None)
        for number, name in enumerate(("Shop", "Blog", "Wiki"))
    ]
    ended = NOW if len(recovered) == len(members) else None
    incident = Incident(UUID(int=9), Cause.SOURCE, "x", "unreachable", NOW, ended, tuple(members))
    return Told(incident, "acme", moment, {}, "https://cheshmeh.example.ir")


@pytest.mark.parametrize(
    ("moment", "recovered", "named"),
    [
        ("opened", ("Shop",), {"Blog", "Wiki"}),
        ("grown", ("Shop",), {"Blog", "Wiki"}),
        ("grown", ("Shop", "Blog", "Wiki"), {"Shop", "Blog", "Wiki"}),
        ("closed", ("Shop", "Blog", "Wiki"), {"Shop", "Blog", "Wiki"}),
    ],
)
def test_who_has_recovered_is_not_called_unavailable(moment: str, recovered: tuple[str, ...], named: set[str]) -> None:
    said = incident_message(told(moment, *recovered), Translator("en"))
    assert {name for name in ("Shop", "Blog", "Wiki") if name in said["title"]} == named
    assert f"{len(named)} sources" in said["title"]
    assert [source["name"] for source in said["sources"]] == ["Shop", "Blog", "Wiki"]

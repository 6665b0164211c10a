"""Incidents from the calls that make them: damped, grouped, and read by members of the organisation alone."""

from pathlib import Path

import pytest

from core.errors import NotFound
from core.models import Actor, BreakerConfig, Cause, Incident, Role, Source, SourceDraft
from tests.fakes import Step
from tests.services.assembly import Product, product
from tests.services.test_sources import ADMIN, create, ping

VIEWER = Actor("reader", {"main": Role.VIEWER})


def of_host(made: Product, name: str, host: str = "db1") -> Source:
    return create(made, SourceDraft("fake", name, {"host": host}, breaker=BreakerConfig(50, 30)))


def incidents(made: Product) -> tuple[Incident, ...]:
    return made.runtime.run(made.runtime.incidents.of_org(VIEWER, "main"))


def test_one_failed_ping_is_none_and_the_second_makes_an_incident_of_all_on_that_host(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        sources = [of_host(made, name) for name in ("orders", "blog")]
        made.other_end.will(Step.FAIL, host="db1")
        for source in sources:
            ping(made, source)
        assert incidents(made) == ()
        for source in sources:
            ping(made, source)
        (incident,) = incidents(made)
        assert (incident.cause, incident.cause_key, incident.code) == (Cause.HOST, "db1", "unreachable")
        assert [source.id for source in incident.sources] == [source.id for source in sources]
        assert incident.sources[0].diagnosis is not None
        assert incident.sources[0].diagnosis.message.key == "error.unreachable.refused"
        made.other_end.will(Step.OK, host="db1")
        for source in sources * 2:
            ping(made, source)
        assert incidents(made)[0].closed_at is not None


def test_another_destination_is_the_host_from_then_on(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        orders, blog = of_host(made, "orders"), of_host(made, "blog", "db2")
        moved = {"config": {"host": "db1"}}
        made.runtime.run(made.runtime.sources.update(ADMIN, "main", blog.id, moved))
        made.other_end.will(Step.FAIL, host="db1")
        for source in (orders, blog) * 2:
            ping(made, source)
        (incident,) = incidents(made)
        assert incident.cause_key == "db1"


def test_a_restart_in_between_loses_neither_the_streak_nor_the_incident(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = of_host(made, "orders")
        made.other_end.will(Step.FAIL, host="db1")
        ping(made, source)
    with product(tmp_path) as made:
        made.other_end.will(Step.FAIL, host="db1")
        ping(made, source)
        assert len(incidents(made)) == 1
    with product(tmp_path) as made:
        for _ in range(2):
            ping(made, source)
        assert incidents(made)[0].closed_at is not None


def test_an_organisation_that_one_is_no_member_of_has_none(tmp_path: Path) -> None:
    with product(tmp_path) as made, pytest.raises(NotFound):
        made.runtime.run(made.runtime.incidents.of_org(Actor("stranger"), "main"))

"""Incidents from the calls that make them: damped, grouped, and read by members of the organisation alone."""

from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import NotFound, QueryFailed, SourceError
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


def test_a_source_that_was_mended_while_it_was_paused_makes_none(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = of_host(made, "orders")
        update = made.runtime.sources.update
        made.runtime.run(update(ADMIN, "main", source.id, {"paused": True}))
        made.other_end.will(Step.FAIL, host="db1")
        for _ in range(2):
            ping(made, source)
        made.other_end.will(Step.OK, host="db1")
        made.runtime.run(update(ADMIN, "main", source.id, {"paused": False}))
        ping(made, source)
        assert incidents(made) == ()
        made.other_end.will(Step.FAIL, host="db1")
        for _ in range(2):
            ping(made, source)
        assert len(incidents(made)) == 1


def test_after_an_incident_of_a_breaker_alone_two_good_pings_end_it(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made, SourceDraft("fake", "orders", {"host": "db1"}, breaker=BreakerConfig(1, 30)))
        for _ in range(3):
            ping(made, source)
        made.other_end.will(Step.FAIL, host="db1")
        with pytest.raises(SourceError):
            made.runtime.run(made.runtime.sources.catalog(ADMIN, "main", source.id, fresh=True))
        made.runtime.run(made.runtime.sources.events(ADMIN, "main", source.id))
        (incident,) = incidents(made)
        made.other_end.will(Step.OK, host="db1")
        made.clock.advance(31)
        for ended in (False, True):
            ping(made, source)
            assert (incidents(made)[0].closed_at is not None) is ended
        assert len(incidents(made)) == 1
        assert incident.opened_at < incidents(made)[0].closed_at  # type: ignore[operator]  # it has ended


def test_what_a_kind_says_in_odd_types_is_stored_as_text(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = of_host(made, "orders")

        async def odd(*_: object) -> None:
            raise QueryFailed("sql", detail=Decimal("1.50"), at=ADMIN)

        made.other_end.take = odd  # type: ignore[method-assign]  # what a kind from elsewhere may do
        ping(made, source)
        assert made.runtime.run(made.runtime.sources.get(VIEWER, "main", source.id)).figures.calls_total == 1
        assert made.runtime.ready is not None
    with product(tmp_path) as made:
        again = made.runtime.run(made.runtime.sources.get(VIEWER, "main", source.id))
        assert again.diagnosis is not None
        assert again.diagnosis.message.args["detail"] == "1.50"

"""What a source holds: asked through the guard, remembered for a while, and only for those who may look."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import Forbidden, InvalidInput, NotFound, SourceError
from core.models import Actor, CatalogEntry, Role
from core.services.contents import KEPT, LEVELS_MAX, Contents
from core.services.live import LiveSource
from tests.fakes import Step
from tests.services.assembly import Product, product
from tests.services.test_sources import ADMIN, create

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class FakeGuard:
    """Counts what is asked of the source."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def describe(self, path: str) -> list[CatalogEntry]:
        self.asked.append(path)
        return [CatalogEntry(f"{path}{len(self.asked)}", path, "table")]


class FakeLive:
    """A live source as far as `Contents` looks at it."""

    def __init__(self, source_id: int = 1, config_version: int = 1) -> None:
        self.id, self.config_version = source_id, config_version
        self.record, self.guard = self, FakeGuard()


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def asked(made: Product) -> int:
    return sum(verb == "describe" for verb, _ in made.other_end.requests)


@pytest.mark.anyio
async def test_a_level_is_remembered_until_it_is_old_or_asked_for_anew() -> None:
    clock, live = Clock(), FakeLive()
    contents = Contents(clock)
    first = await contents.below(as_live(live), "a")
    clock.now += KEPT - timedelta(seconds=1)
    assert await contents.below(as_live(live), "a") is first
    assert (await contents.below(as_live(live), "a", fresh=True)).cached_at == clock.now
    clock.now += KEPT
    await contents.below(as_live(live), "a")
    assert live.guard.asked == ["a", "a", "a"]


@pytest.mark.anyio
async def test_another_path_source_or_configuration_is_another_level() -> None:
    contents = Contents(Clock())
    levels = [
        await contents.below(as_live(live), path)
        for live, path in ((FakeLive(), ""), (FakeLive(), "x"), (FakeLive(2), ""), (FakeLive(1, 2), ""))
    ]
    assert len({id(level) for level in levels}) == 4


@pytest.mark.anyio
async def test_the_oldest_levels_make_room() -> None:
    contents, live = Contents(Clock()), FakeLive()
    for number in range(LEVELS_MAX + 1):
        await contents.below(as_live(live), str(number))
    await contents.below(as_live(live), "1")
    assert len(live.guard.asked) == LEVELS_MAX + 1
    await contents.below(as_live(live), "0")
    assert len(live.guard.asked) == LEVELS_MAX + 2


def as_live(live: FakeLive) -> LiveSource:
    return live  # type: ignore[return-value]  # a fake


def test_the_catalogue_is_not_counted_among_the_figures(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source, service = create(made), made.runtime.sources
        level = made.runtime.run(service.catalog(ADMIN, "main", source.id))
        made.runtime.run(service.catalog(ADMIN, "main", source.id))
        assert [entry.name for entry in level.entries] == ["t"]
        assert asked(made) == 1
        assert made.runtime.run(service.metrics(ADMIN, "main", source.id)).calls_total == 0


def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source, service = create(made), made.runtime.sources
        made.other_end.will(Step.AUTH)
        with pytest.raises(SourceError):
            made.runtime.run(service.catalog(ADMIN, "main", source.id))
        made.other_end.will(Step.OK)
        assert made.runtime.run(service.catalog(ADMIN, "main", source.id)).entries


def test_a_request_is_judged_without_a_call(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source, service = create(made), made.runtime.sources
        with pytest.raises(InvalidInput) as refused:
            made.runtime.run(service.check_sample(ADMIN, "main", source.id, {"limit": 0}))
        assert [field.field for field in refused.value.fields] == ["params.limit"]
        made.runtime.run(service.check_sample(ADMIN, "main", source.id, {"limit": 5}))
        assert made.other_end.requests == []


@pytest.mark.parametrize(("roles", "error"), [({"main": Role.VIEWER}, Forbidden), ({"other": Role.ADMIN}, NotFound)])
def test_looking_takes_the_role_of_analyst(tmp_path: Path, roles: dict[str, Role], error: type[Exception]) -> None:
    actor = Actor("somebody", roles)
    with product(tmp_path) as made:
        source, service = create(made), made.runtime.sources
        for call in (service.catalog(actor, "main", source.id), service.check_sample(actor, "main", source.id, {})):
            with pytest.raises(error):
                made.runtime.run(call)
        assert made.other_end.requests == []


def test_an_entry_of_a_kind_without_requests_has_none(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        assert made.runtime.sources.sample_request("fake", CatalogEntry("t", "t", "table")) == {}

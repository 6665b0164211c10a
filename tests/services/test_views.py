"""A view that is kept is what a fresh one would be, whatever happens to the source and however long nothing does."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.models import Source, Status
from core.services.views import SourceViews
from tests.fakes import Step
from tests.services.assembly import Product, product
from tests.services.test_sources import ADMIN, create, ping


def views_of(made: Product) -> tuple[SourceViews, Any]:
    """The service's own views, whose clock the test turns."""
    views = made.runtime.sources._views
    clock = {"now": datetime.now(UTC)}
    views._clock = lambda: clock["now"]
    return views, clock


def agrees(made: Product, views: SourceViews) -> Source:
    """Looks through the kept views, and compares with views that were never kept."""

    async def both() -> tuple[Source, Source]:
        live = (await made.runtime.sources._roster.of("main"))[0]
        fresh = SourceViews(views._kinds, views._sources, views._clock)
        return views.of(live), fresh.of(live)

    kept, fresh = made.runtime.run(both())
    assert kept == fresh
    return kept


def test_every_change_is_seen_at_once(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        views, _ = views_of(made)
        source = create(made)
        run, sources = made.runtime.run, made.runtime.sources
        seen = [agrees(made, views)]
        ping(made, source)
        seen.append(agrees(made, views))
        made.other_end.will(Step.AUTH)
        ping(made, source)
        seen.append(agrees(made, views))
        run(sources.update(ADMIN, "main", source.id, {"description": "d", "tags": ["x"]}))
        seen.append(agrees(made, views))
        run(sources.set_breaker(ADMIN, "main", source.id, {"action": "force_open", "reason": "r"}))
        seen.append(agrees(made, views))
        run(sources.update(ADMIN, "main", source.id, {"config": {"host": "elsewhere", "password": "1234"}}))
        seen.append(agrees(made, views))
        assert all(one != other for one, other in pairwise(seen))


def test_nothing_new_is_the_very_same_view(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        views, _ = views_of(made)
        ping(made, create(made))
        assert agrees(made, views) is agrees(made, views)


@pytest.mark.parametrize("minutes", [1, 11, 44, 46, 600])
def test_time_alone_changes_it_when_evidence_grows_old(tmp_path: Path, minutes: int) -> None:
    with product(tmp_path) as made:
        views, clock = views_of(made)
        ping(made, create(made))
        assert agrees(made, views).status is Status.HEALTHY
        clock["now"] += timedelta(minutes=minutes)
        assert agrees(made, views).status is (Status.HEALTHY if minutes < 45 else Status.UNKNOWN)


def test_the_wait_of_an_open_breaker_grows_shorter(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        views, _ = views_of(made)
        source = create(made)
        made.other_end.will(Step.FAIL)
        for _ in range(2):
            ping(made, source)
        first = agrees(made, views).retry_after_s
        made.clock.advance(10)
        then = agrees(made, views).retry_after_s
        assert first is not None
        assert then == pytest.approx(first - 10, abs=0.5)

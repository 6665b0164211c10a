"""Runs of samples, as rows."""

from datetime import timedelta

import pytest

from core.models import Organisation, SourceDraft
from core.storage.database import Database
from core.storage.runs import KEPT_MAX, RunRepository
from core.storage.sources import SourceRepository
from tests.storage.conftest import NOW

pytestmark = pytest.mark.anyio


async def test_the_newest_of_each_person_are_kept(
    database: Database, sources: SourceRepository, org: Organisation
) -> None:
    kept = RunRepository(database)
    one, other = [await sources.add(org, SourceDraft("rest", name, {}), {}) for name in ("one", "other")]
    await kept.add(one, "reza", NOW, {"params": {}, "code": None, "rows": 1, "latency_ms": 1.0})
    for number in range(KEPT_MAX + 3):
        outcome = {"params": {"n": number}, "code": "timeout", "rows": None, "latency_ms": None}
        await kept.add(one if number else other, "sara", NOW + timedelta(seconds=number), outcome)
    found = await kept.of("acme", "sara", one.uid, 1000)
    assert [run.params for run in found] == [{"n": n} for n in range(KEPT_MAX + 2, 2, -1)]
    assert (found[0].ts, found[0].code) == (NOW + timedelta(seconds=KEPT_MAX + 2), "timeout")
    assert await kept.of("acme", "sara", other.uid, 1000) == ()
    assert len(await kept.of("acme", "reza", one.uid, 1000)) == 1
    assert await kept.of("nobody", "sara", one.uid, 1000) == ()

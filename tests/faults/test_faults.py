"""Every fault of every kind."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict

import pytest

from tests.faults.cell import Pace, seen
from tests.faults.expectations import EXPECTED
from tests.faults.faults import FAULTS
from tests.faults.places import KINDS, Place
from tests.servers.toxiproxy import Toxiproxy

pytestmark = pytest.mark.anyio

HANGS_S = 60
"""Far beyond every limit: what takes longer would never end."""


def test_the_expectations_name_every_fault_of_every_kind():
    assert tuple(EXPECTED) == KINDS
    assert [tuple(cells) for cells in EXPECTED.values()] == [tuple(FAULTS)] * len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_told_and_survived(
    kind: str,
    fault: str,
    place: Place,
    toxiproxy: Toxiproxy,
    pace: Pace,
    record_property: Callable[[str, object], None],
):
    expected = EXPECTED[kind][fault]
    async with asyncio.timeout(HANGS_S), FAULTS[fault](place, toxiproxy) as broken:
        found = await seen(place, broken, expected, pace)
    record_property("seen", asdict(found))
    assert expected.meets(found.error), found
    assert (found.outcome, found.failures) == (expected.outcome, int(expected.outcome is expected.outcome.FAIL))
    assert (found.rung, found.rung_code) == (expected.rung, expected.code)

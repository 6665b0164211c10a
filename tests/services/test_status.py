"""The rule of evidence: how old it may be."""

from datetime import UTC, datetime, timedelta

import pytest

from core.models import BreakerState, Message, Status
from core.services.evidence import Evidence
from core.services.status import effective_interval, status_of

NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("own_s", "default_s", "slowed", "expected_s"),
    [
        (None, 60, False, 60),
        (300.0, 60, False, 300),
        (None, 60, True, 900),
        (3600.0, 60, True, 3600),
        (None, 0, False, 900),
        (30.0, 0, False, 900),
    ],
)
def test_the_effective_interval(own_s: float | None, default_s: float, slowed: bool, expected_s: float) -> None:
    assert effective_interval(own_s, default_s, slowed=slowed) == timedelta(seconds=expected_s)


@pytest.mark.parametrize(("age_s", "expected"), [(180, Status.HEALTHY), (181, Status.UNKNOWN)])
def test_evidence_counts_for_three_intervals(age_s: float, expected: Status) -> None:
    since = NOW - timedelta(seconds=age_s)
    evidence = Evidence(True, since, since, Message("ok"))
    interval = effective_interval(None, 60, slowed=False)
    assert status_of(BreakerState.CLOSED, evidence, paused=False, now=NOW, interval=interval) is expected

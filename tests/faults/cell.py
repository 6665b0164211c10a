"""One fault of one kind, through the connector under its guard and through its ladder."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.connectors import forms
from core.connectors.base import Connector, Environment
from core.connectors.registry import registry
from core.guarded import CallReport, GuardedConnector
from core.i18n import LANGUAGES, translator
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig, Check, CheckStatus, Sample
from core.resilience.breaker import Breaker
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import assert_kept, assert_presentable
from tests.connectors.traces import no_traces_of
from tests.faults.expectations import NO_RUNG, OK, TIMEOUT, Expected
from tests.faults.faults import Broken
from tests.faults.places import Config, Place

SHORT_S = 1.0
"""The `timeout_s` of a source whose trouble is silence."""

PATIENT_S = 10.0
"""That of any other where nobody looks at the clock: on a busy machine a second may not be enough for a good answer."""


@dataclass(frozen=True)
class Pace:
    """`hurried`: every source has the short limit, and the first call after a fault must succeed within it."""

    hurried: bool

    def limit_s(self, expected: Expected) -> float:
        return SHORT_S if self.hurried or expected.code == TIMEOUT else PATIENT_S


@dataclass(frozen=True)
class Seen:
    """What a fault came to, in plain values, which a report can carry.

    `rung` is the one that failed, `rung_code` the code it told; times are milliseconds.
    """

    error: str
    outcome: str
    failures: int
    rung: str
    rung_code: str
    ms: float
    rung_ms: float
    limit_s: float


class Source:
    """One kind's configurations, as guarded connectors and as bare ones."""

    def __init__(self, kind: str, limit_s: float) -> None:
        self._kind = registry.discover().kinds[kind]
        self._limit_s = limit_s
        self.secrets: set[str] = set()

    def building(self, config: Config) -> Callable[[], Connector]:
        model = forms.validate_config(self._kind.config_model, config | {"timeout_s": self._limit_s})
        self.secrets.update(forms.secret_values(model))
        return lambda: self._kind.build(model, Environment(EgressPolicy()))

    def guarded(self, config: Config) -> GuardedConnector:
        """One attempt a call: what an attempt comes to is what is looked at."""
        limits = self._kind.limits.overridden(self._limit_s)
        breaker, once = Breaker(BreakerConfig()), RetryPolicy(retries=0)
        return GuardedConnector(self.building(config), limits, breaker, SourceFigures(), once, egress=EgressPolicy())

    def healed(self, guard: GuardedConnector, config: Config) -> None:
        guard.replace(self.building(config), self._kind.limits.overridden(self._limit_s))

    def preload(self) -> None:
        self._kind.preload()


async def seen(place: Place, broken: Broken, expected: Expected, pace: Pace) -> Seen:
    """The ladder, then a call; then the fault is lifted, and the source must be usable again. Leaves no traces."""
    source = Source(place.kind, pace.limit_s(expected))
    await asyncio.to_thread(source.preload)
    async with no_traces_of(source.building(broken.config)()) as bare:
        failed = [check async for check in bare.diagnose() if check.status is CheckStatus.FAILED]
    async with no_traces_of(source.guarded(broken.config)) as guard:
        started = time.perf_counter()
        report = await (guard.ping() if expected.call == "ping" else guard.sample(dict(place.params)))
        ms = (time.perf_counter() - started) * 1000
        failures = guard.breaker.failures
        await broken.lift()
        if broken.healed is not None:
            source.healed(guard, broken.healed)
        await usable_again(guard, pace)
    keeps(report, failed, source.secrets)
    return Seen(_told(report), report.outcome.value, failures, *_rung(failed), ms, _ms(failed), pace.limit_s(expected))


async def usable_again(guard: GuardedConnector, pace: Pace) -> None:
    """At the next call. Only who is in no hurry asks again where the machine was too busy to answer in time."""
    report = await guard.ping()
    while report.error is not None and report.error.code == TIMEOUT and not pace.hurried:
        report = await guard.ping()
    assert report.result()[0]


def keeps(report: CallReport[Any], failed: Iterable[Check], secrets: Iterable[str]) -> None:
    """No secret of a configuration is in what is said of it, in any language."""
    if report.error is not None:
        assert_presentable(report.error, *secrets)
    said = [message for check in failed for message in (check.evidence, check.advice) if message]
    speaks = [translator(lang, strict=True).message for lang in LANGUAGES]
    assert_kept([*map(repr, failed), *(speak(message) for speak in speaks for message in said)], *secrets)


def _told(report: CallReport[Any]) -> str:
    if report.error is not None:
        return str(report.error)
    return f"{OK}.{report.value.truncated_by}" if isinstance(report.value, Sample) else OK


def _rung(failed: list[Check]) -> tuple[str, str]:
    if not failed:
        return NO_RUNG, OK
    assert failed[0].evidence
    return failed[0].step, failed[0].evidence.key.split(".")[1]


def _ms(failed: list[Check]) -> float:
    return failed[0].ms if failed else 0.0

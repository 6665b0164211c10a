"""Trying a configuration that is not saved: the ladder under a deadline, beside every breaker and figure."""

import time

import structlog

from core.connectors.base import Connector
from core.connectors.catalog import KindCatalog
from core.errors import InternalError, SourceError, SourceTimeout
from core.models import Check, CheckStatus, Message, TestResult
from core.resilience.deadline import within
from core.safety.dialling import DialRefused, guarded_dialling

log = structlog.get_logger(__name__)


async def run(kinds: KindCatalog, kind: str, plain: dict[str, object]) -> TestResult:
    """Climbs the ladder with a connector of its own, which is closed afterwards."""
    await kinds.ready(kind)
    connector = kinds.connector(kind, plain)
    started = time.perf_counter()
    with guarded_dialling(kinds.egress):
        try:
            checks = await _climb(connector, kinds.limits(kind, plain).ping)
        finally:
            await connector.close()
    failed = next((check for check in checks if check.status is CheckStatus.FAILED), None)
    message = failed.evidence if failed and failed.evidence else Message("test.worked")
    return TestResult(failed is None, message, tuple(checks), (time.perf_counter() - started) * 1000)


async def _climb(connector: Connector, limit_s: float) -> list[Check]:
    checks: list[Check] = []
    try:
        async with within(limit_s):
            async for check in connector.diagnose():
                checks.append(check)  # noqa: PERF401 - a comprehension would lose the rungs climbed before a failure
    except TimeoutError:
        checks.append(_failed(SourceTimeout("deadline", seconds=limit_s)))
    except SourceError as err:
        checks.append(_failed(err))
    except DialRefused as err:
        checks.append(_failed(err.denied()))
    except Exception as err:  # noqa: BLE001 - an untranslated error is a defect: logged, and shown as `internal`
        log.error("connector_defect", error=type(err).__name__)
        checks.append(_failed(InternalError()))
    return checks


def _failed(err: SourceError) -> Check:
    fields = tuple(field.field for field in err.fields)
    return Check("sample", CheckStatus.FAILED, 0.0, err.message, err.advice, fields)

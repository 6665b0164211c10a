"""One climb of the ladder as a job, beside every breaker and figure."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from core.connectors.base import Connector
from core.connectors.catalog import KindCatalog
from core.diagnosis.ladder import left_out, of_error
from core.errors import InternalError, InvalidInput, SourceError, SourceTimeout
from core.models import Check, CheckStatus, Ladder, LadderView, Message, TestResult, failed, steps_after
from core.resilience.deadline import within
from core.safety.dialling import DialRefused, guarded_dialling
from core.services.jobs import Job

log = structlog.get_logger(__name__)

Plain = Callable[[], Mapping[str, Any]]
"""Gives the configuration, which may be sealed until then. Raises SourceError."""

End = Callable[[tuple[Check, ...]], Awaitable[Ladder | None]]
"""What is done with a ladder that came to its end."""


class LadderJob(Job[Check]):
    """Climbs with a connector of its own, which is closed afterwards. `view` and `cancel` may be called anywhere."""

    def __init__(
        self, kinds: KindCatalog, org: str, kind: str, plain: Plain, end: End, alive: Callable[[], bool] | None = None
    ) -> None:
        self._kinds, self._org, self._kind, self._plain, self._end = kinds, org, kind, plain, end
        self._ladder: Ladder | None = None
        super().__init__(alive)

    def view(self) -> LadderView:
        """How far it is now."""
        finished, ladder = self.finished, self._ladder
        known = (ladder.changes, ladder.good_at) if ladder else ((), None)
        return LadderView(self.id, tuple(self._items), finished, self._cancelled, self.elapsed_ms, *known)

    async def wait(self) -> LadderView:
        """The final view."""
        await self.ended()
        return self.view()

    def result(self) -> TestResult:
        """What it showed of a configuration that is tried."""
        checks = tuple(self._items)
        broken = failed(checks)
        message = broken.evidence if broken and broken.evidence else Message("test.worked")
        return TestResult(broken is None, message, checks, self.elapsed_ms)

    async def _work(self) -> None:
        with guarded_dialling(self._kinds.egress.of(self._org)):
            await self._whole()
        self._ladder = await self._end(tuple(self._items))

    async def _whole(self) -> None:
        try:
            connector, limit_s = await self._opened()
        except SourceError as err:
            await self._break(of_error("config", err))
        except InvalidInput as err:
            # Kept by an older version of its kind, or of a kind that is gone.
            fields = tuple(field.field for field in err.fields)
            await self._break(Check("config", CheckStatus.FAILED, 0.0, err.message, err.advice, fields))
        else:
            try:
                await self._climb(connector, limit_s)
            finally:
                await connector.close()

    async def _opened(self) -> tuple[Connector, float]:
        """A connector, and how many seconds the climb may take. Raises SourceError, InvalidInput."""
        await self._kinds.ready(self._kind)
        dial = self._kinds.dial(self._kind, self._plain(), self._org)
        return dial.build(), dial.limits.ping

    async def _climb(self, connector: Connector, limit_s: float) -> None:
        try:
            async with within(limit_s):
                async for check in connector.diagnose():
                    await self._add(check)
        except TimeoutError:
            await self._break(of_error(self._next(), SourceTimeout("deadline", seconds=limit_s)))
        except SourceError as err:
            await self._break(of_error(self._next(), err))
        except DialRefused as err:
            await self._break(of_error(self._next(), err.denied()))
        except Exception as err:  # noqa: BLE001 - an untranslated error is a defect: logged, and shown as `internal`
            log.error("connector_defect", error=type(err).__name__)
            await self._break(of_error(self._next(), InternalError()))

    def _next(self) -> str:
        """The step that was under way."""
        return next(iter(steps_after(tuple(self._items))), "sample")

    async def _break(self, check: Check) -> None:
        await self._add(check)
        for step in steps_after(tuple(self._items)):
            await self._add(left_out(step, check.step))

"""A kind of source that does what a script says, and clocks that tests turn."""

import asyncio
import selectors
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any, ClassVar

from pydantic import SecretStr

from core.connectors.base import Connector, ConnectorConfig, Environment, Limits, SampleParams
from core.connectors.forms import validate_params
from core.connectors.registry import Registry
from core.errors import AuthError, Busy, QueryFailed, Unreachable
from core.models import BreakerState, CatalogEntry, Check, CheckStatus, Column, Message, Sample
from core.resilience.shared import ABSENT, Answer, Place, SharedTrouble, View

DEFECT_TEXT = "host=db.internal password=Zq7-never-shown"
"""What an untranslated exception of the fake says: nothing of it may be seen anywhere."""


class Step(Enum):
    """What the other end does with one request."""

    OK = auto()
    FAIL = auto()
    REACHED = auto()
    AUTH = auto()
    SAYS_NO = auto()
    BUSY = auto()
    SILENT = auto()
    DEFECT = auto()
    TIMEOUT = auto()


class OtherEnd:
    """What the connectors of one registry speak to: a script for each host, and what happened to it."""

    def __init__(self) -> None:
        self.cell: object = 1
        self._scripts: dict[str, list[Step]] = defaultdict(lambda: [Step.OK])
        self.holds: dict[str, tuple[CatalogEntry, ...]] = defaultdict(lambda: (CatalogEntry("t", "t", "table"),))
        self.requests: list[tuple[str, str]] = []
        self.built = self.closed = self.cancelled = 0
        self._silent: list[asyncio.Event] = []
        self.was_asked = asyncio.Event()

    def will(self, *steps: Step, host: str = "there") -> None:
        """The steps of the next requests; the last one is repeated."""
        self._scripts[host] = list(steps)

    async def take(self, verb: str, host: str) -> None:
        self.requests.append((verb, host))
        self.was_asked.set()
        script = self._scripts[host]
        step = script.pop(0) if len(script) > 1 else script[0]
        if step is Step.SILENT:
            await self._silence()
        if step not in (Step.OK, Step.SILENT):
            raise _error(step)

    def answer(self) -> None:
        """Ends the silence of all requests that wait."""
        for each in self._silent:
            each.set()

    async def _silence(self) -> None:
        self._silent.append(asyncio.Event())
        try:
            await self._silent[-1].wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


def _error(step: Step) -> Exception:
    errors: dict[Step, Exception] = {
        Step.FAIL: Unreachable("refused", host="there", port=1),
        Step.REACHED: QueryFailed("sql", detail="no such table"),
        Step.AUTH: AuthError("password", user="reader", host="there"),
        Step.BUSY: Busy(),
        Step.DEFECT: RuntimeError(DEFECT_TEXT),
        Step.TIMEOUT: TimeoutError(),
        Step.SAYS_NO: _SaidNo(),
    }
    return errors[step]


class _SaidNo(Exception):
    """Stands for an answer, not for an error: the fake turns it into `(False, why)`."""


class FakeConfig(ConnectorConfig):
    host: str = "there"
    port: int = 1
    password: SecretStr | None = None


class FakeParams(SampleParams):
    table: str = "t"


class FakeConnector(Connector):
    """One request a verb, no connection."""

    config_model = FakeConfig
    params_model = FakeParams
    limits = Limits(connect=5, attempt=10, sample=15)
    placeholder: ClassVar[Mapping[str, Any]] = {"table": "t"}
    other_end: ClassVar[OtherEnd]

    def __init__(self, config: FakeConfig) -> None:
        self._config = config
        self.other_end.built += 1

    @classmethod
    def build(cls, config: FakeConfig, environment: Environment) -> "FakeConnector":
        return cls(config)

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> None:
        validate_params(cls.params_model, params)

    @classmethod
    def destination(cls, config: FakeConfig) -> tuple[Any, ...]:
        return config.host, config.port

    @classmethod
    def host(cls, config: FakeConfig) -> str:
        return config.host

    async def ping(self) -> tuple[bool, str]:
        try:
            await self.other_end.take("ping", self._config.host)
        except _SaidNo:
            return False, "not today"
        return True, "Fake 1.0"

    async def sample(self, params: dict[str, Any]) -> Sample:
        await self.other_end.take("sample", self._config.host)
        return Sample((Column("id", "integer"),), [(self.other_end.cell,)], None, 8, "fake")

    async def diagnose(self) -> AsyncIterator[Check]:
        yield Check("tcp", CheckStatus.OK, 0.1, Message.literal(self._config.host))
        await self.other_end.take("diagnose", self._config.host)
        yield Check("auth", CheckStatus.OK, 0.1)

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        await self.other_end.take("describe", self._config.host)
        return list(self.other_end.holds[self._config.host])

    async def close(self) -> None:
        self.other_end.closed += 1


def fake_kind(other_end: OtherEnd) -> type[FakeConnector]:
    """A kind of its own for each test, so that no two tests share a script."""
    return type("FakeConnector", (FakeConnector,), {"other_end": other_end})


def fake_registry(other_end: OtherEnd) -> Registry:
    """A private registry with the kind `fake`."""
    registry = Registry()
    registry.register("fake")(fake_kind(other_end))
    return registry


class FakeClock:
    """Stands still until it is turned: seconds as `seconds`, the same moment in UTC as `utc`."""

    def __init__(self) -> None:
        self.now, self._behind = 1000.0, 0.0

    def seconds(self) -> float:
        return self.now

    def utc(self) -> datetime:
        return datetime(2026, 3, 21, 8, 30, tzinfo=UTC) + timedelta(seconds=self.now - 1000 - self._behind)

    def set_back(self, seconds: float) -> None:
        """The clock that people set; the monotonic one goes on."""
        self._behind += seconds

    def advance(self, seconds: float) -> None:
        self.now += seconds


class FakeRecords:
    """The shared record of one source: does what it is asked, unless it is told to refuse or to be out of reach."""

    def __init__(self) -> None:
        self.record = ABSENT
        self.refusal: View | None = None
        self.trouble = self.degraded = False
        self.answers = asyncio.Event()
        self.answers.set()
        self.asked: list[tuple[Any, ...]] = []
        self._seen: dict[str, Callable[[View], None]] = {}

    def watch(self, source: str, seen: Callable[[View], None]) -> None:
        self._seen[source] = seen

    def unwatch(self, source: str) -> None:
        del self._seen[source]

    def show(self, view: View) -> None:
        """The record as somebody else made it."""
        self.record = view
        for seen in self._seen.values():
            seen(view)

    async def view(self, source: str) -> View:
        await self._reached("view")
        return self.record

    async def lease(self, place: Place, probe: str, lease_s: float) -> Answer:
        return await self._change(BreakerState.HALF_OPEN, lease_s, "lease", place.known, lease_s)

    async def settle(self, place: Place, probe: str, becomes: BreakerState, open_s: float) -> Answer:
        return await self._change(becomes, open_s, "settle", place.known, becomes)

    async def trip(self, place: Place, open_s: float) -> Answer:
        return await self._change(BreakerState.OPEN, open_s, "trip", place.known, round(open_s, 3))

    async def reset(self, place: Place) -> Answer:
        return await self._change(BreakerState.CLOSED, 0.0, "reset", place.known)

    async def _change(self, state: BreakerState, wait_s: float, *asked: Any) -> Answer:
        await self._reached(*asked)
        if self.refusal is not None:
            return Answer(False, self.refusal)
        self.record = View(state, self.record.generation + 1, wait_s)
        return Answer(True, self.record)

    async def _reached(self, *asked: Any) -> None:
        self.asked.append(asked)
        await self.answers.wait()
        if self.trouble:
            raise SharedTrouble


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop that does not wait: when nothing is left to do, its clock jumps to the next timer."""

    def __init__(self) -> None:
        self._moment = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self._moment

    def jump(self, seconds: float) -> None:
        # A hair more than asked for: a timer must not be missed by the rounding of a sum.
        self._moment += seconds + 1e-9


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self._loop.jump(timeout)
        return ready

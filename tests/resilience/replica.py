"""One process of several: a guarded source behind a breaker that it shares, told line by line what to do.

`python -m tests.resilience.replica`: each line is a command as JSON, each is answered by one line.
"""

import asyncio
import json
import sys
from collections import Counter
from typing import Any

from core.connectors.base import Environment, Limits
from core.errors import BreakerOpen, Unreachable
from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig
from core.resilience.breaker import Breaker
from core.resilience.gate import SharedGate
from core.resilience.redis_link import REQUEST_S, RedisLink
from core.resilience.redis_records import RedisRecords
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy
from tests.fakes import FakeConfig, FakeConnector, OtherEnd
from tests.servers.processes import HOST


class Dialled(FakeConnector):
    """A ping is one connection to a listener that answers `ok`, or does not."""

    other_end = OtherEnd()
    inside = 0

    async def ping(self) -> tuple[bool, str]:
        try:
            reader, writer = await asyncio.open_connection(HOST, self._config.port)
        except OSError as err:
            raise Unreachable("refused", host=HOST, port=self._config.port) from err
        Dialled.inside += 1
        try:
            answer = await reader.readline()
        except OSError:
            answer = b""
        finally:
            Dialled.inside -= 1
            writer.close()
        if answer != b"ok\n":
            raise Unreachable("reset", host=HOST, port=self._config.port)
        return True, "ok"


class Replica:
    """What the commands do; every public method is one, and gives its answer."""

    records: RedisRecords
    guard: GuardedConnector

    def __init__(self) -> None:
        self._calls: list[asyncio.Task[str]] = []
        self._stream: asyncio.Task[Counter[str]] | None = None
        self._streaming = False

    async def new(
        self, redis: str, source: str, port: int, open_s: float, attempt_s: float, patience_s: float
    ) -> dict[str, Any]:
        """Meets a source."""
        if hasattr(self, "guard"):
            await self.guard.close()
            await self.records.close()
        self.records = RedisRecords(RedisLink(redis, request_s=max(patience_s, REQUEST_S)))
        await self.records.start()
        breaker = Breaker(BreakerConfig(5, open_s))
        environment, config = Environment(EgressPolicy()), FakeConfig(port=port)
        self.guard = GuardedConnector(
            lambda: Dialled.build(config, environment),
            Limits(connect=attempt_s, attempt=attempt_s, sample=attempt_s, ping=attempt_s),
            breaker,
            SourceFigures(),
            RetryPolicy(retries=0),
            egress=environment.egress,
            gate=SharedGate(breaker, self.records, source, patience_s=patience_s),
        )
        return {}

    async def call(self, times: int) -> dict[str, Any]:
        """Calls at once, and how they ended."""
        return dict(Counter(await asyncio.gather(*(self._one() for _ in range(times)))))

    async def storm(self, times: int) -> dict[str, Any]:
        """Calls at once; answers when each has ended or is at the source."""
        calls = [asyncio.create_task(self._one()) for _ in range(times)]
        self._calls += calls
        while sum(not call.done() for call in self._calls) > Dialled.inside:
            await asyncio.wait(self._calls, timeout=0.01, return_when=asyncio.FIRST_COMPLETED)
        return {**Counter(call.result() for call in calls if call.done()), "inside": Dialled.inside}

    async def look(self) -> dict[str, Any]:
        breaker = self.guard.breaker
        return {
            "state": breaker.state.value,
            "retry_after": breaker.retry_after(),
            "degraded": self.records.degraded,
        }

    async def stream(self) -> dict[str, Any]:
        """Calls one after the other until `halt`."""
        self._streaming = True
        self._stream = asyncio.create_task(self._run_stream())
        return {}

    async def halt(self) -> dict[str, Any]:
        self._streaming = False
        assert self._stream is not None
        return dict(await self._stream)

    async def _run_stream(self) -> "Counter[str]":
        ended: Counter[str] = Counter()
        while self._streaming:
            ended[await self._one()] += 1
            await asyncio.sleep(0.01)
        return ended

    async def _one(self) -> str:
        try:
            report = await self.guard.ping()
        except BreakerOpen:
            return "refused"
        return "failed" if report.error else "ok"


async def main() -> None:
    replica = Replica()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        answer = await getattr(replica, command.pop("do"))(**command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    from core.logs import configure_logging
    from core.settings import Settings

    configure_logging(Settings(_env_file=None))
    asyncio.run(main())

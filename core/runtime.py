"""One background event loop for the process: it owns every connector, breaker, pool and the database engine.

Script threads call `run`, the server's loop awaits `call` and iterates `stream`; nothing else crosses threads.
"""

import asyncio
import secrets
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.access.identity import Access
from core.errors import StorageUnavailable
from core.models import Part
from core.services.accounts import Accounts
from core.services.administration import Administration
from core.services.alerts import Alerts
from core.services.audit import Audit
from core.services.egress_lists import EgressLists
from core.services.exposition import Exposition
from core.services.history import HistoryService
from core.services.incidents import Incidents
from core.services.invitations import Invitations
from core.services.members import Members
from core.services.queries import SavedQueries
from core.services.sources import DataSourceService
from core.services.tokens import Tokens
from core.settings import Settings

if TYPE_CHECKING:
    from core.access.sign_on import SignOn

log = structlog.get_logger(__name__)

CHECKPOINT_S = 0.1
CLOSE_LIMIT_S = 15.0

T = TypeVar("T")


class BackgroundLoop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cheshmeh-loop", daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("the background loop cannot wait for itself")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def stop(self) -> None:
        """Ends the loop and its thread. Idempotent."""
        if not self._loop.is_closed():
            self.submit(self._loop.shutdown_default_executor()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


@dataclass(frozen=True, slots=True)
class Services:
    """What pages, HTTP and command line call."""

    sources: DataSourceService
    administration: Administration
    history: HistoryService
    exposition: Exposition
    incidents: Incidents
    alerts: Alerts
    audit: Audit
    egress: EgressLists
    queries: SavedQueries
    members: Members
    invitations: Invitations
    tokens: Tokens
    accounts: Accounts


class Runtime:
    """The running product: its settings, who may enter, its services, and the loop they live on."""

    def __init__(
        self,
        loop: BackgroundLoop,
        settings: Settings,
        access: Access,
        services: Services,
        ready: Callable[[], Awaitable[tuple[Part, ...]]],
        close: Callable[[], Coroutine[Any, Any, None]],
        troubles: Callable[[], tuple[str, ...]] = tuple,
        sign_on: "SignOn | None" = None,
        rest: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.settings, self.access, self.sign_on = settings, access, sign_on
        self.sources, self.administration = services.sources, services.administration
        self.history, self.exposition = services.history, services.exposition
        self.incidents, self.alerts, self.audit = services.incidents, services.alerts, services.audit
        self.egress, self.queries = services.egress, services.queries
        self.members, self.invitations = services.members, services.invitations
        self.tokens, self.accounts = services.tokens, services.accounts
        self._loop, self._ready, self._rest, self._close = loop, ready, rest, close
        self._troubles = troubles
        self._closed = False
        self.local_token = secrets.token_urlsafe(32)
        """Lets the command line of the same user in; lives as long as this process."""

    def run(self, coroutine: Coroutine[Any, Any, T], checkpoint: Callable[[], object] | None = None) -> T:
        """Waits for a coroutine from a script thread.

        `checkpoint` is called every 0.1 s; when it raises (the page was left), the coroutine is cancelled and the
        exception goes on. Raises what the coroutine raises.
        """
        future = self._loop.submit(stored(coroutine))
        try:
            while True:
                try:
                    return future.result(CHECKPOINT_S)
                except NotYet:
                    # The coroutine may itself have ended with a TimeoutError: then there is nothing to wait for.
                    if future.done():
                        return future.result()
                    if checkpoint is not None:
                        checkpoint()
        finally:
            future.cancel()

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Waits for a coroutine from another event loop; cancelling the wait cancels the coroutine."""
        return await asyncio.wrap_future(self._loop.submit(stored(coroutine)))

    async def stream(self, items: AsyncIterator[T]) -> AsyncGenerator[T, None]:
        """Hands items over from the background loop one by one; leaving the iteration closes the source of them."""
        try:
            while True:
                try:
                    yield await self.call(_next(items))
                except _Exhausted:
                    return
        finally:
            await self.call(_aclose(items))

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is out of reach that work can go on without, as known now: asks nobody."""
        return self._troubles()

    async def ready(self) -> tuple[Part, ...]:
        """Each part that work rests on, and whether it answers."""
        return await self.call(_await(self._ready()))

    def begin_closing(self) -> None:
        """Begins no more checks, and lets running ones end, while requests still have to be answered."""
        if self._rest is not None and not self._closed:
            self._loop.submit(self._rest())

    def close(self) -> None:
        """Lets running checks end, closes connectors, writes what waits, frees the lock. Idempotent."""
        if self._closed:
            return
        self._closed = True
        future = self._loop.submit(self._close())
        try:
            future.result(CLOSE_LIMIT_S)
        except (NotYet, CancelledError):
            future.cancel()
        finally:
            self._loop.stop()


async def stored(coroutine: Coroutine[Any, Any, T]) -> T:
    """Raises StorageUnavailable where the database is locked, full or away. Its own words may hold what it stores."""
    try:
        return await coroutine
    except (OperationalError, InterfaceError, PoolTimeout) as err:
        log.warning("storage_unavailable", error=type(err).__name__)
        raise StorageUnavailable() from None


class _Exhausted(Exception):
    """StopAsyncIteration cannot travel through a future."""


async def _next(items: AsyncIterator[T]) -> T:
    try:
        return await anext(items)
    except StopAsyncIteration:
        raise _Exhausted from None


async def _aclose(items: AsyncIterator[Any]) -> None:
    close = getattr(items, "aclose", None)
    if close is not None:
        await close()


async def _await(awaitable: Awaitable[T]) -> T:
    return await awaitable

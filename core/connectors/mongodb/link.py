"""One driver's client for one source: opened by the first call, watched while it looks for a member, closed in time."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from bson.errors import BSONError
from pymongo.errors import ConfigurationError, PyMongoError, ServerSelectionTimeoutError
from pymongo.topology_description import TopologyDescription

from core.connectors.base import Environment, Limits
from core.connectors.mongodb import failures
from core.connectors.mongodb.gate import CommandStopped
from core.connectors.mongodb.opening import Client, SetNames, open_client
from core.connectors.mongodb.probe import speaks_otherwise
from core.connectors.mongodb.seeds import Records, look_up
from core.connectors.mongodb.target import Target
from core.connectors.mongodb.uri import Address
from core.connectors.network import fields_of
from core.errors import QueryRefused, SourceError, SourceTimeout, SourceUnavailable
from core.models import FieldError, Outcome
from core.resilience.deadline import within
from core.safety.dialling import egress_denied, guarded_dialling
from core.safety.egress import Dialling

WATCH_S = 0.02
CLOSE_S = 1.0

log = structlog.get_logger(__name__)

T = TypeVar("T")
Work = Callable[[Client], Coroutine[Any, Any, T]]


@dataclass(eq=False, slots=True)
class _Use:
    """A client, and how many calls are at it."""

    client: Client
    dialling: Dialling
    calls: int = 0
    ended: bool = False

    async def end(self) -> None:
        # No goodbye for its sessions, which end by themselves: to say it the driver would look for a member again, and
        # wait for one that is dead. Cancelled in the middle of closing, it forgets connections.
        self.client._topology.pop_all_sessions()
        try:
            with guarded_dialling(self.dialling):
                await self.client.close()
        finally:
            self.dialling.hang_up()


class Link:
    """At most one client. Lives on one event loop; every socket it opens is judged by the source's address rules."""

    def __init__(
        self, target: Target, environment: Environment, limits: Limits, records: Records | None = None
    ) -> None:
        self.target = self._configured = target
        self._environment, self._limits = environment, limits
        self._records = records or Records(look_up)
        self._dialling = Dialling(environment.egress)
        self._names = SetNames()
        self._opening = asyncio.Lock()
        self._use: _Use | None = None
        self._closed = False
        self._endings: set[asyncio.Task[None]] = set()
        self._admitted: set[Address] = set()
        self._otherwise: bool | None = None

    async def call(self, work: Work[T]) -> T:
        """What `work` does with the client. Raises SourceError, as soon as every member is known not to answer."""
        with guarded_dialling(self._dialling):
            use = await self._opened()
        client = use.client
        with guarded_dialling(use.dialling), self._counted(use):
            await self._admit_again(client)
            failure: SourceError
            try:
                return await self._watched(client, work)
            except TimeoutError:
                failure = self._verdict(client, {}) or SourceTimeout("attempt", seconds=self._limits.attempt)
            except ServerSelectionTimeoutError:
                failure = self._late(client)
            except CommandStopped as stopped:
                failure = QueryRefused("command", rule="command", part=stopped.part)
            except (PyMongoError, BSONError, ValueError) as err:
                failure = failures.of(err, self.target, self._limits.attempt)
            except (AttributeError, LookupError, TypeError) as err:
                # The driver does not look at what it reads: a cursor that is a number, a batch that is no list.
                log.warning("mongodb_answer_malformed", error=type(err).__name__)
                failure = failures.no_mongodb(self.target)
            if await self._speaks_otherwise(failure):
                failure = failures.no_mongodb(self.target)
        # Raised out here: as the context of this error the driver's frames would hold its sockets open.
        raise failure

    async def close(self) -> None:
        """Ends every connection and task, for good. Idempotent; never waits for the peer for more than 1 s."""
        self._closed = True
        await self._drop()

    async def _drop(self) -> None:
        use, self._use = self._use, None
        self._dialling.forget()
        self._admitted.clear()
        if use is not None:
            self._begin_end(use)
        if self._endings:
            _, late = await asyncio.wait(self._endings, timeout=CLOSE_S)
            for ending in late:
                ending.cancel()

    def give_up_unknown(self) -> None:
        """Lets the next call begin anew when no member is known: the driver's next look at them may be seconds away."""
        use = self._use
        if use is not None and not use.client.topology_description.has_known_servers:
            self._use = None
            self._end_unused(use)

    @contextmanager
    def _counted(self, use: _Use) -> Iterator[None]:
        use.calls += 1
        try:
            yield
        finally:
            use.calls -= 1
            self._end_unused(use)

    def _end_unused(self, use: _Use) -> None:
        if self._use is not use and not use.calls:
            self._begin_end(use)

    def _begin_end(self, use: _Use) -> None:
        if use.ended:
            return
        use.ended = True
        ending = asyncio.create_task(use.end())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def expanded(self) -> Target:
        """The target with the members that its name leads to. Raises Unreachable."""
        self.target = await self._records.expand(self._configured, self._limits.connect)
        return self.target

    async def _opened(self) -> _Use:
        async with self._opening:
            if self._dialling.is_revoked():
                await self._drop()
            if self._use is None:
                target = await self._judged()
                self._refuse_closed()
                self._use = _Use(open_client(target, self._limits, self._names), self._dialling.of_its_own())
            return self._use

    async def _judged(self) -> Target:
        self._refuse_closed()
        target = await self.expanded()
        await self._admit_seeds(target.hosts)
        return target

    def _refuse_closed(self) -> None:
        if self._closed:
            raise SourceUnavailable("closed", outcome=Outcome.VOID)

    async def _admit_seeds(self, hosts: tuple[Address, ...]) -> None:
        """One seed that may be dialled is enough: the others are judged again when the driver dials them."""
        try:
            async with within(self._limits.connect):
                refused = await asyncio.gather(*map(self._admit, hosts))
        except TimeoutError:
            where = self.target.where()
            place = fields_of(self.target.place_field)
            raise SourceTimeout("connect", fields=place, seconds=self._limits.connect, **where) from None
        first = next(iter(refused))
        if first is not None and all(refused):
            raise first

    async def _admit(self, member: Address) -> SourceError | None:
        self._admitted.add(member)
        try:
            await self._environment.egress.resolve(*member)
        except SourceError as err:
            err.fields = tuple(FieldError(f"config.{self.target.place_field}", field.message) for field in err.fields)
            return err.with_traceback(None)
        return None

    async def _admit_again(self, client: Client) -> None:
        """A name that is allowed may lead elsewhere by now."""
        for member, error in _errors(client.topology_description).items():
            if error is not None and egress_denied(str(error), *member):
                await self._admit(member)

    async def _watched(self, client: Client, work: Work[T]) -> T:
        """What `work` does. Raises TimeoutError once the wait for a member is in vain."""
        stale = _errors(client.topology_description)
        working = asyncio.create_task(work(client))
        watcher = asyncio.create_task(self._watch(client, stale, working))
        try:
            return await working
        except asyncio.CancelledError:
            if _being_cancelled():
                raise
            raise TimeoutError from None
        finally:
            watcher.cancel()

    async def _watch(self, client: Client, stale: dict[Address, Any], working: "asyncio.Task[Any]") -> None:
        """Ends the wait for a member once it is in vain; the driver itself would wait for its whole limit.

        Once is not enough: before Python 3.12 `asyncio.wait_for`, in which the driver waits for news of its members,
        loses a cancellation that comes together with them.
        """
        newly: set[Address] = set()
        while not client.topology_description.has_readable_server():
            for member in _errors(client.topology_description).keys() - self._admitted:
                if await self._admit(member) is None:
                    newly.add(member)
                stale = _errors(client.topology_description)
            if self._verdict(client, stale, newly):
                working.cancel()
            await asyncio.sleep(WATCH_S)

    async def _speaks_otherwise(self, failure: SourceError) -> bool:
        """Of a member that never answered the driver yet: what came may not have been MongoDB."""
        if str(failure) != "unreachable.reset" or self._names.found or self.target.tls:
            return False
        if self._otherwise is None:
            self._otherwise = await speaks_otherwise(*self.target.hosts[0], self._limits.connect)
        return self._otherwise

    def _verdict(
        self, client: Client, stale: dict[Address, Any], newly: Collection[Address] = ()
    ) -> SourceError | None:
        """Why no member will answer; None while one still may.

        An error that stood before this call is none of it, nor is a refusal of a member that was admitted during it.
        """
        found = _errors(client.topology_description)
        if not found:
            return failures.wrong_set(self.target, self._names.any())
        for member, error in found.items():
            if error is None or error is stale.get(member):
                return None
            if member in newly and egress_denied(str(error), *member):
                return None
        return self._of_member(next(iter(found.items())))

    def _of_member(self, found: tuple[Address, Any]) -> SourceError:
        member, error = found
        if isinstance(error, ConfigurationError):
            error = self._names.silent.get(member, error)
        if isinstance(error, ConfigurationError):
            return failures.wrong_set(self.target, self._names.any())
        return failures.of_connection(error, self.target, member, self._limits.connect)

    def _late(self, client: Client) -> SourceError:
        described = client.topology_description
        found = [(member, error) for member, error in _errors(described).items() if error is not None]
        if found:
            return self._of_member(found[0])
        if described.topology_type_name.startswith("ReplicaSet"):
            return SourceUnavailable("no_primary", **self.target.where())
        place, where = fields_of(self.target.place_field), self.target.where()
        return SourceTimeout("connect", fields=place, seconds=self._limits.connect, **where)


def _errors(described: TopologyDescription) -> dict[Address, Any]:
    return {(host, port or 0): found.error for (host, port), found in described.server_descriptions().items()}


def _being_cancelled() -> bool:
    """Whether somebody ends the running task itself, and not only what it waits for."""
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0

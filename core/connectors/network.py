"""The lower rungs of every ladder: a host's name, its addresses, its port."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.diagnosis.ladder import Found, Rung
from core.errors import SourceError, SourceTimeout, Unreachable
from core.models import FieldError, Message
from core.resilience.deadline import promised, remaining, within
from core.safety.dialling import egress_denied
from core.safety.egress import EgressPolicy, look_up


@dataclass(slots=True)
class Host:
    """One host and port of a source. `fields` are the names of the form that lead there."""

    name: str
    port: int
    egress: EgressPolicy
    connect_s: float
    fields: tuple[str, ...] = ("host", "port")
    found: tuple[str, ...] = ()
    allowed: tuple[str, ...] = field(default=(), repr=False)
    open: str = ""

    def rungs(self) -> tuple[Rung, ...]:
        return ("dns", self.dns), ("egress", self.judge), ("tcp", self.dial)

    async def dns(self) -> Found:
        try:
            async with within(self.connect_s):
                self.found = await look_up(self.name, self.port)
        except TimeoutError:
            raise self.late() from None
        except SourceError as err:
            raise self.at_fault(err) from None
        addresses = {"addresses": ", ".join(self.found)}
        return Found(Message("check.addresses", addresses), facts={"addresses": sorted(self.found)})

    async def judge(self) -> Found:
        try:
            self.allowed = self.egress.select(self.found, self.port, self.name)
        except SourceError as err:
            raise self.at_fault(err) from None
        return Found(Message("check.allowed", {"count": len(self.allowed), "all": len(self.found)}))

    async def dial(self) -> Found:
        """Keeps in `open` the first allowed address that answers."""
        self.open = await self._first_open()
        return Found(Message("check.connected", {"host": self.open, "port": self.port}))

    def late(self) -> SourceTimeout:
        fields = fields_of(*self.fields)
        return SourceTimeout("connect", fields=fields, seconds=self.connect_s, host=self.name, port=self.port)

    def at_fault(self, err: SourceError) -> SourceError:
        """The error, pointing at the fields of this kind's form."""
        if err.fields:
            err.fields = tuple(FieldError(f"config.{name}", err.fields[0].message) for name in self.fields[:1])
        return err

    async def _first_open(self) -> str:
        last: SourceError = self.late()
        with promised(self.connect_s):
            for address, seconds in shares(self.allowed):
                try:
                    async with within(seconds):
                        await self._knock(address)
                    return address
                except TimeoutError:
                    continue
                except SourceError as err:
                    last = err
        raise last

    async def _knock(self, address: str) -> None:
        try:
            _, writer = await asyncio.open_connection(address, self.port)
        except OSError as err:
            raise self._not_connected(err) from None
        writer.close()

    def _not_connected(self, err: OSError) -> SourceError:
        if denied := egress_denied(str(err), self.name, self.port):
            denied.fields = fields_of(*self.fields[:1])
            return denied
        reason = "refused" if isinstance(err, ConnectionRefusedError) else "no_route"
        return Unreachable(reason, fields=fields_of(*self.fields), host=self.name, port=self.port)


def shares(addresses: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Each address, and its share in seconds of what remains: a silent one leaves time to those behind it."""
    for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
        yield address, remaining() / left


def fields_of(*names: str) -> tuple[FieldError, ...]:
    """Fields of the form that are at fault, without a sentence of their own."""
    return tuple(FieldError(f"config.{name}", Message("field.at_fault")) for name in names)

"""A name server of the tests' own, for the records that MongoDB's names lead to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dns.asyncresolver
import dns.message
import dns.rdatatype
import dns.rrset

from tests.safety.trap import HERE


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, records: dict[tuple[str, str], list[str]]) -> None:
        self._records = records

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        asked = dns.message.from_wire(data)
        answer = dns.message.make_response(asked)
        question = asked.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        if found := self._records.get((str(question.name), kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 1, "IN", kind, *found))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def name_server(records: dict[tuple[str, str], list[str]]) -> AsyncIterator[None]:
    """A name server on loopback, which the driver's look-ups of records go to."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Answers(records), local_addr=(HERE, 0))
    before, found = dns.asyncresolver.default_resolver, dns.asyncresolver.Resolver(configure=False)
    found.nameservers, found.port = [HERE], transport.get_extra_info("sockname")[1]
    dns.asyncresolver.default_resolver = found
    try:
        yield
    finally:
        dns.asyncresolver.default_resolver = before
        transport.close()

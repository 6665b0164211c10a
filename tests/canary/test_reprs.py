"""What services return and raise, as a debugger, a failed assertion or an error tracker would write it down."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.errors import CheshmehError
from core.models import Actor, SourceDraft
from core.runtime import Runtime
from tests.canary.canaries import Canaries
from tests.canary.filled import KINDS, PARAMS, Filled, filled
from tests.canary.peers import OF_KIND, peers
from tests.canary.run import SPEECHLESS
from tests.people import add_organisation
from tests.servers.processes import HOST
from tests.services.assembly import product

ORG = "main"


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    with peers() as found:
        yield found


@pytest.mark.parametrize("kind", KINDS)
def test_no_result_and_no_error_writes_a_secret_down(kind: str, ports: dict[str, int], tmp_path: Path) -> None:
    canaries, written = Canaries(), list[str]()
    with product(tmp_path) as made:
        runtime = made.runtime
        add_organisation(runtime, ORG)
        actor = runtime.run(runtime.access.local_actor())
        for number, peer in enumerate(peer for peer in OF_KIND[kind] if peer not in SPEECHLESS):
            given = list(filled(kind, HOST, ports[peer], canaries.new, tls=peer == "tls"))
            runtime.run(_asked(runtime, actor, given[number % len(given)], peer, written))
        written += map(repr, vars(runtime).values())
    assert len(written) > len(OF_KIND[kind])
    assert {text[:300]: found for text in written if (found := canaries.found(text))} == {}


async def _asked(runtime: Runtime, actor: Actor, given: Filled, name: str, written: list[str]) -> None:
    service = runtime.sources
    draft = SourceDraft(given.kind, name, given.config)
    written.append(repr(draft))
    source = await service.create(actor, ORG, draft)
    written.append(repr(source))
    written += [text async for text in _told(runtime, actor, source.id, given)]


async def _told(runtime: Runtime, actor: Actor, uid: UUID, given: Filled) -> AsyncIterator[str]:
    service = runtime.sources
    works: list[Awaitable[Any]] = [
        service.ping(actor, ORG, uid),
        service.sample(actor, ORG, uid, PARAMS[given.kind]),
        service.catalog(actor, ORG, uid),
        service.update(actor, ORG, uid, {"config": {"timeout_s": [given.config]}}),
        service.update(actor, ORG, uid, {"config": {"no_such": given.config}}),
        service.get(actor, ORG, uid),
        service.list(actor, ORG),
        service.events(actor, ORG, uid),
        service.metrics(actor, ORG, uid),
        service.health(actor, ORG),
    ]
    for work in works:
        yield await _outcome(work)
    job = await service.test(actor, ORG, given.kind, given.config)
    yield repr(job)


async def _outcome(work: Awaitable[Any]) -> str:
    try:
        return repr(await work)
    except CheshmehError as err:
        return f"{err!r} {err} {vars(err)!r} {err.message!r} {err.advice!r}"

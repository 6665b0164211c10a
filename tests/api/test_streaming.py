"""Ping all over HTTP: a client that reads slowly holds the pings back, one that hangs up ends them."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from uuid import UUID

import pytest

from core.api import datasources
from core.models import Actor, Role
from tests.api.conftest import Org
from tests.api.wire import everything, head, wire
from tests.fakes import Step

MANY = 40
LONG = 256 * 1024


def begin(org: Org) -> bytes:
    token = f"Authorization: Bearer {org.tokens[Role.ANALYST]}"
    return head("POST", f"/orgs/{org.slug}/datasources/ping", token, "Connection: close", "Content-Length: 0")


def asked(org: Org) -> int:
    return sum(host.endswith(f".{org.slug}") for _, host in org.other_end.requests)


def test_every_line_is_json_and_the_last_one_sums_up(org: Org) -> None:
    names = [org.add(f"s{number}")["name"] for number in range(5)]
    org.other_end.will(Step.AUTH, host=org.host("s3"))
    with wire(org.served) as client:
        client.sendall(begin(org))
        answer = everything(client)
    assert "content-type: application/x-ndjson" in answer.lower()
    lines = [json.loads(line) for line in answer.splitlines() if line.startswith("{")]
    assert sorted(line["name"] for line in lines[:-1]) == names
    assert (lines[-1]["type"], lines[-1]["total"], lines[-1]["ok"], lines[-1]["failed"]) == ("summary", 5, 4, 1)


def test_hanging_up_ends_what_is_under_way(org: Org) -> None:
    org.add("silent")
    org.other_end.will(Step.SILENT, host=org.host("silent"))
    before = org.other_end.cancelled
    with wire(org.served) as client:
        client.sendall(begin(org))
        org.served.wait_until(lambda: asked(org) == 1)
    org.served.wait_until(lambda: org.other_end.cancelled == before + 1)


def test_the_job_runs_no_further_ahead_than_it_was_told(org: Org) -> None:
    """Whoever reads one result lets one more ping begin."""
    for number in range(MANY):
        org.add(f"s{number}")
    runtime, actor = org.served.product.runtime, Actor("a", {org.slug: Role.ANALYST})

    async def read_slowly() -> tuple[list[int], int]:
        job = await runtime.sources.ping_all(actor, org.slug, ahead=5)
        results, seen = job.results(), list[int]()
        for _ in range(4):
            await anext(results)
            await _settled(lambda: asked(org))
            seen.append(asked(org))
        rest = [row async for row in results]
        return seen, len(rest)

    seen, rest = runtime.run(read_slowly())
    assert all(count <= 5 + read for read, count in enumerate(seen, start=1))
    assert seen[-1] > 5
    assert (rest, asked(org)) == (MANY - 4, MANY)


async def _settled(count: Callable[[], int]) -> None:
    """Until nothing more begins: many turns of the loop without a change."""
    before, same = -1, 0
    while same < 50:
        await asyncio.sleep(0)
        now = count()
        same = same + 1 if now == before else 0
        before = now


def test_a_client_that_does_not_read_holds_the_pings_back(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long lines: more than all buffers on the way can hold."""
    line = datasources._line
    monkeypatch.setattr(datasources, "AHEAD", 4)
    monkeypatch.setattr(datasources, "_line", lambda data: line(data) + " " * LONG + "\n")
    for number in range(MANY):
        org.add(f"s{number}")
    with wire(org.served, receive_buffer=4096) as client:
        client.sendall(begin(org))
        org.served.wait_until(lambda: asked(org) > 4)
        assert _at_rest(lambda: asked(org)) < MANY
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * LONG)
        lines = [each for each in everything(client).splitlines() if each.startswith("{")]
    assert len(lines) == MANY + 1
    assert asked(org) == MANY


def _at_rest(count: Callable[[], int]) -> int:
    """What it stays at for a while."""
    before = -1
    while (now := count()) != before:
        before = now
        time.sleep(0.5)
    return now


def test_an_answer_has_an_id_of_a_source(org: Org) -> None:
    made = org.add()
    lines = org.call("POST", "ping").text.splitlines()
    assert UUID(json.loads(lines[0])["id"]) == UUID(made["id"])

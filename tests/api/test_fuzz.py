"""Everything that the interface's document allows, and what it does not, as everybody: no 500, no answer that the
document does not know. `make fuzz` asks for much longer."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.models import Actor, Role
from tests.api import fuzzing
from tests.api.conftest import Org, make_org, serving
from tests.api.kind_cases import graphql_case, postgres_case, rest_case
from tests.fakes import Step
from tests.servers.postgres import PostgresServer
from tests.servers.web import WebServer

EXAMPLES = int(os.environ.get("CHESHMEH_TEST_FUZZ", "0"))
SHORT = ("--phases=fuzzing", "--max-examples=4")
LONG = (f"--max-examples={EXAMPLES}", "--continue-on-failure")
EXPENDABLE = 30
pytestmark = pytest.mark.xdist_group("fuzz")


@pytest.fixture(scope="module")
def fuzzed(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, records: WebServer, ariadne: WebServer
) -> Iterator[Org]:
    """Sources of a fake kind that do well and badly, and real ones; nothing beyond this machine is dialled."""
    unlimited = {"rate_limit_token": "0", "rate_limit_address": "0"}
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(tmp_path_factory.mktemp("fuzz"), **unlimited) as served,
    ):
        patch.setattr(socket, "getaddrinfo", _local_only(socket.getaddrinfo))
        org, runtime = make_org(served), served.product.runtime
        runtime.run(runtime.egress.set(Actor("tester", {org.slug: Role.ADMIN}), org.slug, ["127.0.0.0/8", "localhost"]))
        for number, steps in enumerate(((Step.OK,), (Step.FAIL,), (Step.AUTH, Step.OK), (Step.TIMEOUT, Step.BUSY))):
            org.add(f"fake {number}")
            served.product.other_end.will(*steps, host=org.host(f"fake {number}"))
        for case in (postgres_case(postgres), rest_case(records), graphql_case(ariadne)):
            org.add(case.kind, case.kind, config=case.config)
        yield org


def _local_only(ask: Any) -> Any:
    def answering(host: Any, *rest: Any, **options: Any) -> Any:
        if str(host).strip("0123456789.") and host != "localhost":
            raise socket.gaierror(socket.EAI_NONAME, "not beyond this machine")
        return ask(host, *rest, **options)

    return answering


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role.label if role else "nobody")
def test_whatever_is_asked_is_answered_as_the_document_says(fuzzed: Org, tmp_path: Path, role: Role | None) -> None:
    ids = [item["id"] for item in fuzzed.call("GET").json()["items"] if not item["name"].startswith("gone")][:7]
    who = role.label if role is not None else "nobody"
    gone = [fuzzed.add(f"gone {who} {number}")["id"] for number in range(EXPENDABLE if role is Role.ADMIN else 1)]
    token = None if role is None else fuzzed.tokens[role]
    outcome = fuzzing.run(fuzzed, token, tmp_path, ids, gone, *(LONG if EXAMPLES else SHORT))
    print(f"\n{who}: {outcome.requests} requests")  # noqa: T201 - the long run tells how long it was
    (tmp_path / "said.txt").write_text(outcome.said, "utf-8")
    assert outcome.status == 0, outcome.said[-20_000:]
    assert outcome.requests > 50

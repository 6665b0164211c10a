"""What the guard adds: the last line below every Python driver, and figures that a denied address leaves alone."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from core.connectors.base import Connector, Environment, Limits
from core.connectors.catalog import KindCatalog
from core.connectors.registry import Registry, registry
from core.connectors.s3.carrier import sdk
from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig, BreakerState, Check, CheckStatus, Outcome, TestResult
from core.resilience.breaker import Breaker
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy
from core.services.ladder_job import LadderJob
from tests.connectors.mongodb_wire import wire_server
from tests.fakes import FakeConfig, FakeConnector
from tests.safety.name_server import name_server
from tests.safety.trap import (
    DENIED,
    HERE,
    KINDS,
    ONLY_HERE,
    SAMPLES,
    THERE,
    VERBS,
    Trap,
    all_said,
    config,
    connector,
    name,
    one_said,
    waiting,
)
from tests.safety.well import well
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio

LIMITS = Limits(connect=5, attempt=10, sample=15)


def guarded(made: Connector, egress: EgressPolicy) -> GuardedConnector:
    retry = RetryPolicy(uniform=lambda low, _high: low)
    return GuardedConnector(lambda: made, LIMITS, Breaker(BreakerConfig()), SourceFigures(), retry, egress=egress)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_denied_address_proves_nothing_about_the_source(kind: str, trapped: Trap):
    guard = guarded(connector(kind, config(kind, THERE, trapped.port), ONLY_HERE), ONLY_HERE)
    for report in (await guard.ping(), await guard.sample(SAMPLES[kind])):
        assert (str(report.error), report.outcome, report.attempts) == (DENIED, Outcome.VOID, 1)
    kept = guard.figures.dump()
    assert (kept.calls_total, kept.errors_total, kept.rejected_total) == (0, 0, 0)
    assert (guard.breaker.state, guard.breaker.failures) == (BreakerState.CLOSED, 0)
    await guard.close()


async def tried(kinds: Registry, egress: EgressPolicy, kind: str, plain: dict[str, Any]) -> TestResult:
    """A configuration that is not saved, its ladder climbed."""

    async def forgotten(_checks: object) -> None:
        return None

    job = LadderJob(KindCatalog(kinds, Environment(egress)), "main", kind, lambda: plain, forgotten)
    await job.ended()
    return job.result()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_source_that_is_allowed_by_name_works_under_the_guard(kind: str, postgres: PostgresServer):
    egress = EgressPolicy(allow=("db.test",))
    async with well(kind, postgres) as (port, given):
        name("db.test", HERE)
        plain = config(kind, "db.test", port, **given)
        guard = guarded(connector(kind, plain, egress), egress)
        assert [(await guard.ping()).error, (await guard.sample(SAMPLES[kind])).error] == [None, None]
        await guard.close()
        assert (await tried(registry.discover(), egress, kind, plain)).ok


async def test_the_machines_own_name_servers_are_not_judged(trapped: Trap):
    egress = EgressPolicy(allow=("10.0.0.0/8",))
    name("m1.cluster.test", THERE)
    records = {("_mongodb._tcp.db.cluster.test.", "SRV"): [f"0 0 {trapped.port} m1.cluster.test."]}
    given = {"uri": "mongodb+srv://db.cluster.test/?tls=false", "database": "app"}
    async with name_server(records):
        guard = guarded(connector("mongodb", given, egress), egress)
        assert str((await guard.ping()).error) == DENIED
        await guard.close()


# --- a kind that knows nothing of the rules ---

Reach = Callable[[str, int], Awaitable[Any]]


async def by_stream(host: str, port: int) -> None:
    _, writer = await asyncio.open_connection(host, port)
    writer.close()


async def by_socket(host: str, port: int) -> None:
    socket.create_connection((host, port), 1).close()


async def by_thread(host: str, port: int) -> None:
    await asyncio.to_thread(lambda: socket.create_connection((host, port), 1).close())


async def by_task(host: str, port: int) -> None:
    await asyncio.create_task(by_stream(host, port))


async def by_datagram(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.sendto(b"x", (host, port))


async def by_message(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.sendmsg([b"x"], [], 0, (host, port))


WAYS: Mapping[str, Reach] = {
    way.__name__: way for way in (by_stream, by_socket, by_thread, by_task, by_datagram, by_message)
}


def naive(reach: Reach, port: int) -> type[Connector]:
    class Naive(FakeConnector):
        async def ping(self) -> tuple[bool, str]:
            await reach(THERE, port)
            return True, "reached"

        async def sample(self, params: dict[str, Any]) -> Any:
            await reach(THERE, port)

        async def diagnose(self) -> AsyncIterator[Check]:
            yield Check("config", CheckStatus.OK)
            await reach(THERE, port)

        async def close(self) -> None:
            with suppress(OSError):
                await reach(THERE, port)

        def __init__(self, config: FakeConfig) -> None:
            """Keeps nothing."""

    return Naive


@pytest.mark.parametrize("way", WAYS)
async def test_a_kind_that_does_not_ask_is_stopped_all_the_same(way: str, trapped: Trap):
    guard = guarded(naive(WAYS[way], trapped.port)(FakeConfig()), ONLY_HERE)
    for report in (await guard.ping(), await guard.sample({})):
        assert (str(report.error), report.outcome) == (DENIED, Outcome.VOID)
    assert guard.figures.dump().errors_total == 0
    await guard.close()


@pytest.mark.parametrize("way", WAYS)
async def test_so_is_one_that_is_only_tried(way: str, trapped: Trap):
    kinds = Registry()
    kinds.register("naive")(naive(WAYS[way], trapped.port))
    result = await tried(kinds, ONLY_HERE, "naive", {})
    assert (result.ok, result.message.key) == (False, f"error.{DENIED}")


# --- what the surroundings say ---


@pytest.fixture
def ambient(trapped: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every variable and file of the surroundings that a driver knows, all leading to the trap."""
    there = f"http://{THERE}:{trapped.port}"
    (tmp_path / "aws").write_text(f"[default]\nendpoint_url = {there}\nproxy = {there}\n")
    (tmp_path / "service").write_text(f"[s]\nhost={THERE}\nhostaddr={THERE}\nport={trapped.port}\n")
    (tmp_path / "netrc").write_text(f"machine {HERE} login ambient password ambient\n")
    for variable, value in {
        **dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), there),
        **dict.fromkeys(("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_EC2_METADATA_SERVICE_ENDPOINT"), there),
        **dict.fromkeys(("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CA_BUNDLE"), f"{there}/x"),
        **dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), str(tmp_path / "aws")),
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "ambient"),
        **dict.fromkeys(("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"), "true"),
        **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "ca-west-1"),
        "AWS_PROFILE": "default",
        "NETRC": str(tmp_path / "netrc"),
        "NO_PROXY": "",
        "no_proxy": "",
        "PGHOST": THERE,
        "PGHOSTADDR": THERE,
        "PGPORT": str(trapped.port),
        "PGSERVICE": "s",
        "PGSERVICEFILE": str(tmp_path / "service"),
        "PGTARGETSESSIONATTRS": "standby",
    }.items():
        monkeypatch.setenv(variable, value)
    sdk.cache_clear()  # made anew under these variables
    yield
    sdk.cache_clear()


@pytest.mark.usefixtures("ambient")
@pytest.mark.parametrize("kind", KINDS)
async def test_no_variable_leads_a_source_elsewhere(kind: str, postgres: PostgresServer):
    async with well(kind, postgres) as (port, given):
        assert await all_said(kind, config(kind, HERE, port, **given), EgressPolicy()) == {"ok"}


@pytest.mark.usefixtures("ambient")
async def test_no_variable_leads_from_amazons_own_name_elsewhere():
    name("reports.s3.eu-west-1.amazonaws.com", "169.254.169.254")
    given = {"bucket": "reports", "region": "eu-west-1"}
    assert await all_said("s3", given, EgressPolicy()) == {"egress_denied.metadata"}


# --- sockets that are no addresses ---


@pytest.mark.parametrize("form", ["{path}", "{encoded}", "{folder}", "{encoded_folder}", "@{path}", "./{name}"])
@pytest.mark.parametrize("kind", ["postgres", "mongodb"])
async def test_no_unix_socket_is_dialled(kind: str, form: str, tmp_path: Path):
    path = tmp_path / {"postgres": ".s.PGSQL.5432", "mongodb": "mongodb-27017.sock"}[kind]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.setblocking(False)
        texts = {"path": str(path), "folder": str(tmp_path), "name": path.name}
        texts |= {"encoded": str(path).replace("/", "%2F"), "encoded_folder": str(tmp_path).replace("/", "%2f")}
        host = form.format(**texts)
        given = {"host": host, "database": "app", "user": "u"} if kind == "postgres" else {"hosts": [host]}
        verdicts = await all_said(kind, {"database": "app"} | given, EgressPolicy())
        if kind == "mongodb":
            uri = {"uri": f"mongodb://{host}/app", "database": "app"}
            verdicts |= await all_said(kind, uri, EgressPolicy())
        assert verdicts <= {"form", "egress_denied.unix_socket", "unreachable.unknown_host"}
        assert waiting(listener) == 0


async def test_no_unix_socket_that_a_member_list_names_is_dialled(tmp_path: Path):
    path = tmp_path / "mongodb.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.setblocking(False)
        async with wire_server() as wire:
            wire.be_primary("rs0", str(path))
            verdicts = await all_said("mongodb", config("mongodb", HERE, wire.port), EgressPolicy())
        assert verdicts == {"egress_denied.unix_socket"}
        assert waiting(listener) == 0


@pytest.mark.parametrize("text", ["hostaddr={there} port={port}", "postgresql://{there}:{port}/x", "service=s"])
@pytest.mark.parametrize("field", ["database", "user", "password"])
async def test_no_field_of_postgres_is_read_as_a_connection_string(
    field: str, text: str, postgres: PostgresServer, trapped: Trap
):
    login = {"database": postgres.database, "user": postgres.user, "password": postgres.password}
    given = config("postgres", HERE, postgres.port, **login | {field: text.format(there=THERE, port=trapped.port)})
    assert {await one_said("postgres", given, EgressPolicy(), verb) for verb in VERBS}.isdisjoint({"ok"})

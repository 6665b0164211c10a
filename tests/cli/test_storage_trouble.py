"""A dashboard whose own database takes nothing for a while: it answers, says so, and loses nothing."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.cli.processes import CommandLine, Dashboard, dashboard
from tests.cli.test_shared_breakers import Api
from tests.resilience.replicas import wait_until
from tests.servers.stubs import stub_server

PARTS = dict.fromkeys(("database", "migrations", "figures"), True)
Trouble = Callable[[Dashboard, Path], AbstractContextManager[None]]


@contextmanager
def full_disk(running: Dashboard, _data_dir: Path) -> Iterator[None]:
    """No file of the process may grow beyond its first byte."""
    before = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (1, before[1]))
    yield
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def locked(_running: Dashboard, data_dir: Path) -> Iterator[None]:
    """Somebody else writes, and does not end."""
    other = sqlite3.connect(data_dir / "cheshmeh.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.fixture
def token(tmp_path: Path) -> str:
    cli = CommandLine(tmp_path / "data")
    cli.json("orgs", "add", "acme", "--name", "Acme")
    return str(cli.json("tokens", "add", "--org", "acme", "--role", "admin")["token"])


@pytest.fixture
def healthy() -> Iterator[str]:
    with stub_server(200, b"{}", {"Content-Type": "application/json"}) as url:
        yield url


@pytest.mark.parametrize("trouble", [full_disk, locked])
def test_a_database_that_takes_nothing_holds_nobody_up_and_loses_nothing(
    tmp_path: Path, token: str, healthy: str, trouble: Trouble
) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "log"
    with dashboard(data_dir, log) as running:
        api = Api(running, token)
        made = api.call("POST", "/orgs/acme/datasources", kind="rest", name="shop", config={"base_url": healthy})
        path = f"/orgs/acme/datasources/{made.json()['id']}"
        assert api.call("POST", f"{path}/ping").json()["ok"]
        with trouble(running, data_dir):
            pinged = [api.call("POST", f"{path}/ping").json() for _ in range(3)]
            assert [answer["ok"] for answer in pinged] == [True] * 3
            wait_until(lambda: api.ready()[1:] == ("degraded", PARTS | {"figures": False}))
            assert api.call("GET", f"{path}/metrics").json()["calls_total"] == 4
            assert api.call("GET", "/orgs/acme/datasources/health").json()["healthy"] == 1
            refused = api.call("POST", "/orgs/acme/datasources", kind="rest", name="n", config={"base_url": healthy})
            assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
            assert int(refused.headers["Retry-After"]) >= 1
        wait_until(lambda: api.ready()[1:] == ("ok", PARTS))
        assert running.stop() in (0, -15, 143)
    with dashboard(data_dir, log) as running:
        assert Api(running, token).call("GET", f"{path}/metrics").json()["calls_total"] == 4
    assert stretches(data_dir) == 4


def stretches(data_dir: Path) -> int:
    """Calls in the history, as they lie in the file."""
    connection = sqlite3.connect(data_dir / "cheshmeh.db")
    (calls,) = connection.execute("SELECT sum(calls) FROM history_5m").fetchone()
    connection.close()
    return int(calls)

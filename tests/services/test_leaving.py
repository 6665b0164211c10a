"""A page that is left, against servers that would go on for minutes; and what a server is told beforehand."""

import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from core.models import Source, SourceDraft
from tests.servers.ports import Listener
from tests.servers.postgres import PostgresServer
from tests.services.assembly import Product, product
from tests.services.test_sources import ADMIN, create

FINE_S = 20
"""Far more than anything here takes; keeps a failing test from hanging."""
MINUTES = "select count(*) from generate_series(1, 1000000) a cross join generate_series(1, 1000000) b"


class PageLeft(Exception):
    """What Streamlit raises in the script of a page that was left."""


def left_when(true: Callable[[], bool]) -> Callable[[], None]:
    end = time.monotonic() + FINE_S

    def checkpoint() -> None:
        if true():
            raise PageLeft
        assert time.monotonic() < end

    return checkpoint


def becomes(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + FINE_S
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def sample(
    made: Product, source: Source, params: Mapping[str, Any], checkpoint: Callable[[], None] | None = None
) -> Any:
    return made.runtime.run(made.runtime.sources.sample(ADMIN, "main", source.id, params), checkpoint)


def postgres_draft(server: PostgresServer, timeout_s: float) -> SourceDraft:
    config = {"host": server.host, "port": server.port, "database": server.database, "user": server.user}
    return SourceDraft("postgres", "pg", config | {"password": server.password, "timeout_s": timeout_s})


def running(server: PostgresServer) -> bool:
    active = "select 1 from pg_stat_activity where application_name = 'cheshmeh' and state = 'active'"
    return bool(server.execute(active))


def say_nothing(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def test_a_page_that_is_left_ends_its_query_on_the_server(tmp_path: Path, postgres: PostgresServer) -> None:
    with product(tmp_path) as made:
        source = create(made, postgres_draft(postgres, 60))
        with pytest.raises(PageLeft):
            sample(made, source, {"sql": MINUTES}, left_when(lambda: running(postgres)))
        assert becomes(lambda: not running(postgres))
        seen = made.runtime.run(made.runtime.sources.get(ADMIN, "main", source.id))
        assert (seen.figures.calls_total, seen.state) == (0, "closed")


def test_a_page_that_is_left_closes_its_connection_to_a_service(tmp_path: Path) -> None:
    with Listener(say_nothing).serving() as peer, product(tmp_path) as made:
        source = create(made, SourceDraft("rest", "r", {"base_url": f"http://127.0.0.1:{peer.port}"}))
        with pytest.raises(PageLeft):
            sample(made, source, {"path": "/rows"}, left_when(lambda: peer.open == 1))
        assert peer.wait_for_open(0)
        assert peer.accepted == 1


@pytest.mark.parametrize(("timeout_s", "least_ms"), [(7, 1), (60, 20_000)])
def test_a_server_is_told_half_a_second_less_than_an_attempt_has(
    tmp_path: Path, postgres: PostgresServer, timeout_s: float, least_ms: int
) -> None:
    with product(tmp_path) as made:
        source = create(made, postgres_draft(postgres, timeout_s))
        query = "select setting::int from pg_settings where name = 'statement_timeout'"
        told = sample(made, source, {"sql": query}).sample.rows[0][0]
        assert least_ms <= told <= (timeout_s - 0.5) * 1000

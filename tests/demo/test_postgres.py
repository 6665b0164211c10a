"""The demo's PostgreSQL and its data, on the wheel's real server."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import jdatetime
import psycopg
import pytest

from demo.data import DATABASE, load
from demo.postgres import HOST, READER, Cluster, Credentials, Watch, postgres

FLIGHTS_OF_2013 = 336_776
LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo")
    with postgres(folder) as server:
        load(server)
    yield folder
    shutil.rmtree(Cluster(folder).base)


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Credentials]:
    with postgres(home) as running:
        load(running)
        yield running


def reading(server: Credentials) -> psycopg.Connection:
    return psycopg.connect(
        host=HOST, port=server.port, dbname=DATABASE, user=READER, password=server.reader_password, autocommit=True
    )


def test_a_second_start_finds_every_flight_of_the_first(server: Credentials):
    with reading(server) as connection:
        assert connection.execute("SELECT count(*) FROM flights").fetchone() == (FLIGHTS_OF_2013,)


def test_the_sources_user_can_change_nothing(server: Credentials):
    with reading(server) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM orders")


def test_the_jalali_text_of_an_order_is_the_day_of_its_date(server: Credentials):
    with reading(server) as connection:
        pairs = connection.execute("SELECT DISTINCT placed_on, placed_on_jalali FROM orders").fetchall()
    wrong = [
        day
        for day, text in pairs
        if jdatetime.date.fromgregorian(date=day).strftime("%Y/%m/%d") != text.translate(LATIN)
    ]
    assert len(pairs) >= 365
    assert wrong == []


def test_tables_and_columns_have_persian_names_too(server: Credentials):
    with reading(server) as connection:
        assert connection.execute('SELECT count("کالا") FROM "انبار"."موجودی"').fetchone() == (40,)


def test_a_port_that_somebody_took_is_replaced_and_the_new_one_kept(tmp_path: Path):
    with postgres(tmp_path) as first:
        pass
    try:
        with socket.create_server((HOST, first.port)), postgres(tmp_path) as second:
            assert second.port != first.port
        with postgres(tmp_path) as third:
            assert third == second
    finally:
        shutil.rmtree(Cluster(tmp_path).base)


def test_a_server_that_a_killed_demo_left_behind_is_replaced(tmp_path: Path):
    with postgres(tmp_path) as server:
        pass
    left = Cluster(tmp_path)
    left.start(server.port)
    try:
        with postgres(tmp_path) as again, again.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert not left.running()
    finally:
        shutil.rmtree(left.base)


def test_the_death_of_the_server_is_told_once(tmp_path: Path):
    with postgres(tmp_path):
        watch, cluster = Watch(tmp_path), Cluster(tmp_path)
        try:
            assert watch.ended() == {}
            cluster.stop()
            assert watch.ended() == {"postgres": cluster.log}
            assert watch.ended() == {}
        finally:
            shutil.rmtree(cluster.base)

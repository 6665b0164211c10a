"""The servers that other tests stand on."""

import socket

import psycopg
import pytest

from tests.servers.postgres import HOST, PostgresServer


def test_the_app_user_owns_its_database(postgres: PostgresServer):
    with psycopg.connect(
        host=postgres.host,
        port=postgres.port,
        dbname=postgres.database,
        user=postgres.user,
        password=postgres.password,
    ) as connection:
        connection.execute("CREATE TABLE public.made_here (x int)")
        connection.rollback()


def test_a_wrong_password_is_refused_and_logged(postgres: PostgresServer):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=postgres.host, port=postgres.port, dbname="app", user=postgres.user, password="wrong")
    assert f'password authentication failed for user "{postgres.user}"' in postgres.log_text()


def test_a_stopped_server_refuses_and_comes_back_on_the_same_port(postgres: PostgresServer):
    postgres.stop()
    try:
        with pytest.raises(psycopg.OperationalError, match="refused"):
            postgres.execute("SELECT 1")
    finally:
        postgres.start()
    assert postgres.execute("SELECT 1") == [(1,)]


def test_the_silent_port_accepts(silent_port: int):
    with socket.create_connection((HOST, silent_port)) as connection:
        connection.sendall(b"hello")
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)


def test_the_refused_port_refuses(refused_port: int):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, refused_port))


def test_the_http_port_answers_anything_with_http(http_port: int):
    with pytest.raises(psycopg.OperationalError, match="SSL negotiation"):
        psycopg.connect(host=HOST, port=http_port, user="app", dbname="app")

"""The servers that other tests stand on."""

import socket
import ssl
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from botocore.exceptions import ClientError
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from tests.servers.authority import TlsAuthority
from tests.servers.mongodb import MongoServer
from tests.servers.oidc import OidcProvider
from tests.servers.ports import Listener
from tests.servers.postgres import PostgresServer
from tests.servers.processes import HOST, running
from tests.servers.promql import VERSION, PromQL, Scrape
from tests.servers.redis import RedisServer, version_of
from tests.servers.s3 import S3Server
from tests.servers.toxiproxy import Toxiproxy


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


def test_mongodb_asks_for_a_password_on_both_ports(mongodb: MongoServer, tmp_path: Path):
    (tmp_path / "ca.pem").write_text(mongodb.ca_pem)
    for port, options in ((mongodb.port, {}), (mongodb.tls_port, {"tls": True, "tlsCAFile": str(tmp_path / "ca.pem")})):
        with MongoClient[Any](mongodb.host, port, serverSelectionTimeoutMS=10_000, **options) as client:
            with pytest.raises(OperationFailure) as refused:
                client.app.things.find_one()
            assert refused.value.code == 13


def test_mongodb_keeps_documents(mongodb: MongoServer):
    with mongodb.client() as client:
        client.smoke.things.insert_one({"نام": "چشمه"})
        assert client.smoke.things.find_one({}, {"_id": 0}) == {"نام": "چشمه"}
        client.smoke.things.drop()
        assert client.server_info()["ferretdbVersion"] == f"v{mongodb.version}"


def test_s3_checks_signatures(s3: S3Server):
    s3.client().create_bucket(Bucket="smoke-test")
    s3.client().put_object(Bucket="smoke-test", Key="شهر/۱.csv", Body=b"a,b\n")
    assert s3.client().list_objects_v2(Bucket="smoke-test")["Contents"][0]["Key"] == "شهر/۱.csv"
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        replace(s3, secret_access_key="wrong").client().list_objects_v2(Bucket="smoke-test")


def test_redis_asks_for_its_password(redis: RedisServer):
    assert version_of(redis.host, redis.port, redis.password) == redis.version
    with pytest.raises(ConnectionError, match="WRONGPASS"):
        version_of(redis.host, redis.port, "wrong")


def test_the_provider_registers_clients_and_comes_back_with_new_keys(oidc_provider: OidcProvider):
    first, second = (oidc_provider.client("http://127.0.0.1:8501") for _ in range(2))
    assert (first.id != second.id, first.secret != second.secret) == (True, True)
    told = oidc_provider.metadata()
    assert (told["issuer"], "S256" in told["code_challenge_methods_supported"]) == (oidc_provider.url, True)
    before = requests.get(told["jwks_uri"], timeout=30).json()
    oidc_provider.stop()
    with pytest.raises(requests.ConnectionError):
        oidc_provider.metadata()
    oidc_provider.start()
    assert requests.get(told["jwks_uri"], timeout=30).json() != before


def test_promql_is_the_program_that_belongs_to_these_tests(promql: PromQL):
    assert promql.version == VERSION
    scrapes = [Scrape(at, f"calls_total {at}\n") for at in (0, 60, 120)]
    asked = promql.ask(scrapes, ["rate(calls_total[2m])", "rate(", "up"], start=120, end=120, step=60)
    rate, broken, up = asked.queries
    assert (rate.series[0].last, up.series[0].last, broken.series) == (1.0, 1.0, ())
    assert "parse error" in broken.error


def test_toxiproxy_passes_on_delays_and_goes_down(toxiproxy: Toxiproxy, redis: RedisServer):
    with toxiproxy.proxy(redis.host, redis.port) as proxy:
        assert version_of(proxy.host, proxy.port, redis.password) == redis.version
        with proxy.toxic("limit_data", bytes=3), pytest.raises(ConnectionError):
            version_of(proxy.host, proxy.port, redis.password)
        with proxy.down(), pytest.raises(ConnectionRefusedError):
            version_of(proxy.host, proxy.port, redis.password)
        assert version_of(proxy.host, proxy.port, redis.password) == redis.version


def test_a_certificate_is_good_for_its_name_and_its_authority_only(tls_authority: TlsAuthority):
    shown = tls_authority.issue("db.test").server_context()
    assert handshake(tls_authority.client_context(), shown, "db.test") is None
    assert "Hostname mismatch" in str(handshake(tls_authority.client_context(), shown, "other.test"))
    assert "unable to get local issuer" in str(handshake(ssl.create_default_context(), shown, "db.test"))
    expired = tls_authority.issue("db.test", expired=True).server_context()
    assert "expired" in str(handshake(tls_authority.client_context(), expired, "db.test"))


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> ssl.SSLError | None:
    """In memory; what the client objects to."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(back, there, server_hostname=name)
    theirs = server.wrap_bio(there, back, server_side=True)
    for side in (ours, theirs, ours):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as err:
            return err
    return None


def test_the_dripping_port_counts_who_is_there(dripping_port: Listener):
    with socket.create_connection((HOST, dripping_port.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.1 200 OK")
        assert dripping_port.open == 1
    assert dripping_port.wait_for_open(0)
    assert dripping_port.accepted == 1


def test_the_counting_port_counts_and_closes(counting_port: Listener):
    for _ in range(3):
        with socket.create_connection((HOST, counting_port.port)) as connection:
            assert connection.recv(1) == b""
    assert counting_port.accepted == 3


def test_the_endless_port_does_not_end(endless_port: Listener):
    with socket.create_connection((HOST, endless_port.port)) as connection, connection.makefile("rb") as answer:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert len(answer.read(1 << 20)) == 1 << 20


def test_a_server_that_ends_at_once_says_why(tmp_path: Path):
    command = [sys.executable, "-c", "raise SystemExit('the disk is full')"]
    with pytest.raises(RuntimeError, match="the disk is full"), running(command, [1], tmp_path, lambda: None):
        pass


def test_another_process_on_the_port_is_not_taken_for_ours(tmp_path: Path, http_port: int):
    command = [sys.executable, "-c", "import time; time.sleep(1)"]
    with pytest.raises(RuntimeError, match="ended"), running(command, [http_port], tmp_path, lambda: None):
        pass

"""A real PostgreSQL for the tests: SCRAM, on loopback, with a log that tests can read."""

import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.servers.processes import HOST, ends_with_us, reserved_port
from tests.servers.programs import Programs, environment

START_LIMIT_S = 60
OPTIONS = (
    *("-c", f"listen_addresses={HOST}", "-c", "unix_socket_directories=", "-c", "fsync=off"),
    *("-c", "log_connections=on", "-c", "log_line_prefix=%m [%p] %q%u@%d %a ", "-c", "lc_messages=C"),
    *("-c", "logging_collector=off", "-c", "log_destination=stderr", "-c", "password_encryption=scram-sha-256"),
)


@dataclass
class PostgresServer:
    """A server and its accounts: `user` owns `database`; `superuser` may do anything."""

    host: str
    port: int
    superuser: str
    superuser_password: str = field(repr=False)
    user: str = "app"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    database: str = "app"
    maintenance: str = "postgres"

    def connect(self, database: str | None = None, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A superuser's autocommit connection to `database` (the app's, by default)."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            dbname=database or self.database,
            user=self.superuser,
            password=self.superuser_password,
            autocommit=True,
            **options,
        )

    def connect_as_app(self, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of `user` to `database`."""
        return psycopg.connect(
            host=self.host, port=self.port, dbname=self.database, user=self.user, password=self.password, **options
        )

    def execute(self, statement: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Runs statements as superuser; the rows of the last one, if it has any."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def version(self) -> str:
        return str(self.execute("SHOW server_version")[0][0]).split()[0]

    def log_text(self) -> str:
        """What the server wrote so far."""
        _only_with_our_own("its log")

    def stop(self) -> None:
        """Ends the server; sessions are cut off."""
        _only_with_our_own("a stop")

    def start(self) -> None:
        """Starts the server again on the same port; does nothing while it runs."""
        _only_with_our_own("a start")

    def _create_app(self) -> None:
        role, database, password = sql.Identifier(self.user), sql.Identifier(self.database), sql.Literal(self.password)
        with self.connect(self.maintenance) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))

    def _drop_app(self) -> None:
        with self.connect(self.maintenance) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(sql.Identifier(self.database)))
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(self.user)))


class OwnPostgresServer(PostgresServer):
    """A server that these tests started."""

    def __init__(self, programs: Programs, home: Path, port: int) -> None:
        super().__init__(HOST, port, "postgres", secrets.token_urlsafe(12))
        self._programs, self._home = programs, home
        self._data, self._log = home / "data", home / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """A new data folder, owned by whoever runs the server."""
        password_file = self._home / "password"
        for path in (self._data, password_file):
            path.mkdir(mode=0o700) if path is self._data else path.touch(mode=0o600)
            if self._programs.owner:
                shutil.chown(path, self._programs.owner)
        password_file.write_text(self.superuser_password)
        made = self._programs.run(
            *("initdb", "-D", self._data, "-U", self.superuser, "--pwfile", password_file, "-A", "scram-sha-256"),
            *("-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"),
        )
        password_file.unlink()
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr}")

    def start(self) -> None:
        if self._process is not None:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *ends_with_us(),
                    self._programs.folder / "postgres",
                    "-D",
                    self._data,
                    "-c",
                    f"port={self.port}",
                    *OPTIONS,
                ],
                **self._programs.identity(),
                cwd="/",
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        try:
            process.wait(START_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)  # takes its children along, as SIGKILL would not
            process.wait(START_LIMIT_S)

    def log_text(self) -> str:
        return self._log.read_text(errors="replace")

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end and process.poll() is None:
            try:
                answered = self.execute("SHOW data_directory", self.maintenance)
            except psycopg.OperationalError:
                time.sleep(0.05)
                continue
            if answered == [(str(self._data),)]:
                return
            break
        self.stop()
        raise RuntimeError(f"PostgreSQL did not start on port {self.port}: {self.log_text()}")


@contextmanager
def own_server(programs: Programs, home: Path) -> Iterator[PostgresServer]:
    """A running server with the database `app`; ended on the way out."""
    with reserved_port() as port:
        server = OwnPostgresServer(programs, home, port)
        server.create()
        try:
            server.start()
            server._create_app()
            yield server
        finally:
            server.stop()


@contextmanager
def given_server(url: str) -> Iterator[PostgresServer]:
    """Somebody's server, by the URL of a superuser; what is made there has a name of its own and is dropped."""
    parts = conninfo_to_dict(url)
    name = f"cheshmeh_test_{secrets.token_hex(4)}"
    server = PostgresServer(
        host=str(parts.get("host", HOST)),
        port=int(parts.get("port") or 5432),
        superuser=str(parts.get("user", "postgres")),
        superuser_password=str(parts.get("password", "")),
        user=name,
        database=name,
        maintenance=str(parts.get("dbname", "postgres")),
    )
    try:
        server._create_app()
        yield server
    finally:
        server._drop_app()


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A folder that an unprivileged user can reach: pytest's own lie in folders that only we may enter."""
    home = Path(tempfile.mkdtemp(prefix="cheshmeh-test-", dir="/var/tmp"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home)


def _only_with_our_own(what: str) -> NoReturn:
    pytest.skip(f"needs {what} of a server that the tests started: unset CHESHMEH_TEST_POSTGRES_URL")

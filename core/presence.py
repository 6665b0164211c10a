"""How a running dashboard is found: a file for the command line, a line for the person who started it."""

import asyncio
import errno
import json
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import StartupError
from core.runtime import Runtime
from core.settings import Settings

FILE = "server.json"


@dataclass(frozen=True, slots=True)
class Presence:
    """A dashboard that runs on this data directory; `token` lets the command line in."""

    pid: int
    url: str
    token: str = field(repr=False)


def find(data_dir: Path) -> Presence | None:
    """The running dashboard of a data directory; None when there is none, or only the file of a dead one."""
    try:
        found = Presence(**json.loads((data_dir / FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return found if _lives(found.pid) else None


def require_free_port(settings: Settings) -> None:
    """Raises StartupError naming a port that something else listens on, or a place where nothing can be listened to."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as err:
            reason = "port_busy" if err.errno == errno.EADDRINUSE else "port_refused"
            raise StartupError(reason, port=settings.port, host=settings.host) from err


@asynccontextmanager
async def announced(runtime: Runtime) -> AsyncIterator[None]:
    """Writes the file, prints the sign-in line where one is due, and removes the file at the end."""
    path = runtime.settings.data_dir / FILE
    _write(path, Presence(os.getpid(), _local_url(runtime.settings), runtime.local_token))
    try:
        await _print_sign_in(runtime)
        yield
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _print_sign_in(runtime: Runtime) -> None:
    access = runtime.access
    if runtime.settings.demo or not await runtime.call(access.has_administrator_password()):
        code = await runtime.call(access.new_setup_code())
        sys.stdout.write(f"Sign in: {runtime.settings.origin}/session/setup?code={code}\n")
        sys.stdout.flush()


def _local_url(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _write(path: Path, presence: Presence) -> None:
    data = {"pid": presence.pid, "url": presence.url, "token": presence.token}
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(data, file)
    fresh.replace(path)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

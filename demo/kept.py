"""Ports and secrets that stay the same from start to start, so that the sources made for them stay right."""

import json
import os
import secrets
import socket
from pathlib import Path
from typing import Any

from core.errors import StartupError

HOST = "127.0.0.1"
SECRET_BYTES = 24
BACKLOG = 128


class Kept:
    """A file that only its owner may read; whatever is asked for the first time is made and written at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._values: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}

    def secret(self, name: str) -> str:
        """Random text of 32 characters."""
        if name not in self._values:
            self._keep(name, secrets.token_urlsafe(SECRET_BYTES))
        return str(self._values[name])

    def listener(self, name: str) -> socket.socket:
        """A listening socket on the kept port, or on a new one from the kernel where somebody took that.

        Raises StartupError when the kernel has none to spare.
        """
        key = f"{name}_port"
        for port in (self._values.get(key, 0), 0):
            try:
                listener = listening(port)
            except OSError:
                continue
            self._keep(key, listener.getsockname()[1])
            return listener
        raise StartupError("demo_port")

    def _keep(self, name: str, value: str | int) -> None:
        if self._values.get(name) == value:
            return
        self._values[name] = value
        fresh = self._file.with_suffix(".part")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self._values, file)
        fresh.replace(self._file)


def listening(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 asks the kernel for one. Raises OSError where somebody has the port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener

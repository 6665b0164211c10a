"""The child's side of a server process: what it is told on standard input, and how it goes when its parent is gone."""

import json
import os
import signal
import socket
import threading
from typing import Any

READY = b"ready\n"


def orders() -> dict[str, Any]:
    """Reads the one line that the parent sends; from then on the end of standard input ends this process."""
    # Unbuffered: a thread that sleeps in a buffered read would abort the interpreter at its end.
    with open(0, "rb", buffering=0, closefd=False) as told:
        given: dict[str, Any] = json.loads(told.readline())
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    return given


def listener(given: dict[str, Any]) -> socket.socket:
    """The listening socket that the parent made: a port chosen here could be taken before it is used."""
    return socket.socket(fileno=given["listener"])


def say_ready() -> None:
    """Tells the parent; whatever a library prints later goes to the log."""
    os.write(1, READY)
    os.dup2(2, 1)


def _leave_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

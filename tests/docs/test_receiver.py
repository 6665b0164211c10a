"""The receiver that the page shows takes what we sign, and nothing else."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import requests

from core.connectors.http.webhook import SIGNATURE, signature
from tests.docs.examples import program
from tests.servers.ports import WAIT_LIMIT_S
from tests.servers.processes import reserved_port

SECRET, BODY = "Zq7-signing-secret", '{"type": "test", "title": "پیام"}'.encode()


def test_it_tells_a_message_of_ours_from_any_other() -> None:
    with _running_receiver() as port:
        now = datetime.now(UTC)
        assert _answer(port, signature(SECRET, now, BODY)) == 204
        assert _answer(port, signature("another-secret-of-ours", now, BODY)) == 403
        assert _answer(port, signature(SECRET, now, b"{}")) == 403
        assert _answer(port, signature(SECRET, now - timedelta(minutes=10), BODY)) == 403


@contextmanager
def _running_receiver() -> Iterator[int]:
    """Its port."""
    with reserved_port() as port:
        command = [sys.executable, "-c", program("http.server").replace("8600", str(port))]
        running = subprocess.Popen(command, env=os.environ | {"SECRET": SECRET}, stderr=subprocess.DEVNULL)
        try:
            yield port
        finally:
            running.kill()
            running.wait()


def _answer(port: int, signed: str) -> int:
    end = time.monotonic() + WAIT_LIMIT_S
    while time.monotonic() < end:
        try:
            return requests.post(f"http://127.0.0.1:{port}/", BODY, headers={SIGNATURE: signed}, timeout=60).status_code
        except requests.ConnectionError:
            time.sleep(0.05)
    pytest.fail("the receiver did not start")

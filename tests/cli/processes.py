"""Real processes: `python app.py` on a port of the kernel's, and `python -m core …` beside it."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.cli import forked
from tests.servers.processes import reserved_port

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 90


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """Ours, without the settings of whoever runs the tests; nothing is checked unasked."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHESHMEH_")}
    own = {"CHESHMEH_DATA_DIR": str(data_dir), "CHESHMEH_CHECK_INTERVAL_S": "0"}
    return inherited | own | {f"CHESHMEH_{name.upper()}": value for name, value in settings.items()}


@dataclass
class Dashboard:
    """A running `python app.py`; everything it prints is in `log`."""

    process: "subprocess.Popen[bytes]" = field(repr=False)
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8", "replace")

    @property
    def setup_code(self) -> str | None:
        found = re.search(rf"^Sign in: {self.url}/session/setup\?code=(\S+)$", self.output, re.MULTILINE)
        return found[1] if found else None

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait(LIMIT_S)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(LIMIT_S)


@contextmanager
def dashboard(data_dir: Path, log: Path, **settings: str) -> Iterator[Dashboard]:
    """A dashboard that answers. Ended, if it still runs, on the way out."""
    with reserved_port() as port, log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=environment(data_dir, port=str(port), **settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        running = Dashboard(process, port, log)
        try:
            _wait_until_ready(running)
            yield running
        finally:
            if process.poll() is None:
                running.stop()


def _wait_until_ready(running: Dashboard) -> None:
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end and running.process.poll() is None:
        if _ready(running.url):
            return
        time.sleep(0.1)
    raise AssertionError(f"the dashboard did not start: {running.output}")


def _ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=LIMIT_S).ok
    except requests.ConnectionError:
        return False


def refused_start(data_dir: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """`python app.py` that is expected to end by itself."""
    with reserved_port() as port:
        return ended(["app.py"], environment(data_dir, **({"port": str(port)} | settings)), "")


@dataclass(frozen=True)
class CommandLine:
    """`python -m core` on one data directory."""

    data_dir: Path

    def run(
        self, *arguments: str, stdin: str = "", language: str = "C.UTF-8", **settings: str
    ) -> "subprocess.CompletedProcess[str]":
        env = environment(self.data_dir, **settings) | {"LC_ALL": language}
        return forked.run(arguments, env, stdin)

    def json(self, *arguments: str, stdin: str = "", code: int = 0) -> Any:
        """The one document on standard output."""
        done = self.run(*arguments, "--json", stdin=stdin)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)


def ended(arguments: Sequence[str], env: dict[str, str], stdin: str) -> "subprocess.CompletedProcess[str]":
    """What a Python of its own left."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, input=stdin, capture_output=True, text=True, timeout=LIMIT_S
    )

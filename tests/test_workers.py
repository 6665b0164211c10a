"""What several workers saw is told once, as if one had seen it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers import pytest_xdist_auto_num_workers

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("tests/connectors/test_rest.py", "tests/connectors/test_graphql.py")
CASE = "test_nobody_at_the_address_is_unreachable or test_a_ping_says_what_answered"


def run(*options: str) -> list[str]:
    """The lines that a run of two kinds' suites ends with."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "-k", CASE, *MODULES]
    done = subprocess.run(command, cwd=ROOT, env=mine, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def told(lines: list[str]) -> list[str]:
    """The table of promises, then the servers one by one, then how many tests passed."""
    table = [line for line in lines if line.endswith((" ok", " rest"))]
    servers = [name for line in lines if line.startswith("servers: ") for name in sorted(line[9:].split(", "))]
    return [*table, *servers, lines[-1].partition(" in ")[0]]


def test_two_workers_tell_what_one_process_tells() -> None:
    alone = told(run("-n", "0"))
    assert [line.split()[-2:] for line in alone[1:3]] == [["ok", "ok"]] * 2
    assert told(run("-n", "2", "--dist", "loadgroup")) == alone


def test_workers_would_meet_in_a_server_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CHESHMEH_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CHESHMEH_TEST_REDIS_URL", "")
    assert 1 <= pytest_xdist_auto_num_workers() <= 4
    monkeypatch.setenv("CHESHMEH_TEST_REDIS_URL", "redis://127.0.0.1:6379")
    assert pytest_xdist_auto_num_workers() == 0

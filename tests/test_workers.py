"""What several workers saw is told once, as if one had seen it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers import pytest_xdist_auto_num_workers

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("tests/connectors/test_rest.py", "tests/connectors/test_graphql.py")
CASE = "test_a_ping_says_what_answered or test_what_is_described_has_a_path_of_its_own"
"""Of every suite of the two kinds; each needs its server, which a worker may share with the other."""
HEAD = "graphql (Ariadne) graphql (Strawberry) rest"


def told() -> list[str]:
    """What a run on two workers prints."""
    options = ("-p", "no:cacheprovider", "-n", "2", "--dist", "loadgroup", "-k", CASE)
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", *options, *MODULES]
    done = subprocess.run(command, cwd=ROOT, env=mine, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_what_two_workers_saw_is_told_once() -> None:
    lines = told()
    assert [line.split() for line in lines if line.endswith(" rest")] == [HEAD.split()]
    rows = [line.partition(" ok") for line in lines if line.endswith(" ok")]
    assert [row[0].strip() for row in rows] == ["a ping says what answered", "what is described has a path of its own"]
    assert [row[2].split() for row in rows] == [["ok", "ok"]] * 2
    (servers,) = [line.removeprefix("servers: ").split(", ") for line in lines if line.startswith("servers: ")]
    assert sorted(name.split()[0] for name in servers) == ["ariadne", "starlette", "strawberry-graphql"]
    assert lines[-1].startswith("8 passed in ")


def test_workers_would_meet_in_a_server_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CHESHMEH_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CHESHMEH_TEST_REDIS_URL", "")
    assert 1 <= pytest_xdist_auto_num_workers() <= 4
    monkeypatch.setenv("CHESHMEH_TEST_REDIS_URL", "redis://127.0.0.1:6379")
    assert pytest_xdist_auto_num_workers() == 0

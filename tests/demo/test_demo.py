"""The whole of `make demo`: what it starts, what it says, and that nothing of it stays."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from demo.postgres import Cluster
from demo.processes import ROOT
from tests.cli import forked
from tests.docs.examples import examples
from tests.servers.processes import reserved_port

END_LIMIT_S = 30


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    if (base := Cluster(tmp_path).base) != tmp_path / "postgres":
        shutil.rmtree(base)


@contextmanager
def demo(home: Path) -> Iterator[subprocess.Popen[str]]:
    script = f"import sys, pathlib; from demo.__main__ import main; sys.exit(main(pathlib.Path({str(home)!r})))"
    with (
        reserved_port() as port,
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=os.environ | {"CHESHMEH_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def until(process: subprocess.Popen[str], wanted: str) -> str:
    """What it said up to the first line with `wanted`, or to its end."""
    said = ""
    for line in process.stdout:
        said += line
        if re.search(wanted, line):
            break
    return said


def admin(home: Path, *words: str) -> str:
    """What the command line says, beside the running dashboard."""
    done = forked.run(words, os.environ | {"CHESHMEH_DATA_DIR": str(home)})
    assert done.returncode == 0, done.stderr
    return done.stdout


def gone(processes: list[psutil.Process]) -> bool:
    return psutil.wait_procs(processes, END_LIMIT_S)[1] == []


def test_every_sample_of_the_getting_started_page_answers_with_rows(home: Path):
    with demo(home) as process:
        assert "Sign in: http" in until(process, "Sign in: http")
        sources = json.loads(admin(home, "sources", "list", "--org", "demo", "--json"))
        names = {source["kind"]: source["name"] for source in reversed(sources)}
        for kind, example in examples().items():
            for params in example.samples:
                sampled = ("sources", "sample", "--org", "demo", names[kind], "--params", json.dumps(params), "--json")
                assert json.loads(admin(home, *sampled))["rows"], (kind, params)


def test_a_signal_ends_everything_even_when_a_server_died_before(home: Path):
    with demo(home) as process:
        assert "Sign in: http" in until(process, "Sign in: http")
        started = psutil.Process(process.pid).children(recursive=True)
        postmaster = psutil.Process(int((Cluster(home).data / "postmaster.pid").read_text().split()[0]))
        (rest,) = [child for child in started if "demo.rest" in child.cmdline()]
        rest.kill()
        assert "rest.log" in until(process, "rest.log")
        process.send_signal(signal.SIGTERM)
        assert process.wait(END_LIMIT_S) == 128 + signal.SIGTERM
    assert len(started) >= 5
    assert gone([*started, postmaster])

"""How the command line finds a running dashboard, and what it makes of traces of a dead one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.cli.remote import running
from core.presence import FILE, Presence, find


def leave_trace(data_dir: Path, pid: int, port: int = 1) -> None:
    trace = {"pid": pid, "url": f"http://127.0.0.1:{port}", "token": "Zq7-never-shown"}
    (data_dir / FILE).write_text(json.dumps(trace))


def test_a_living_process_is_found_and_its_token_is_not_shown(tmp_path: Path) -> None:
    leave_trace(tmp_path, os.getpid(), 8501)
    found = find(tmp_path)
    assert found == Presence(os.getpid(), "http://127.0.0.1:8501", "Zq7-never-shown")
    assert "Zq7" not in repr(found)


def test_the_trace_of_a_dead_process_is_none(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    leave_trace(tmp_path, ended.pid)
    assert find(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "1", '{"pid": 1}', '{"pid": 1, "url": 2, "token": 3, "more": 4}'])
def test_a_broken_trace_is_none(tmp_path: Path, content: Any) -> None:
    (tmp_path / FILE).write_text(content)
    assert find(tmp_path) is None


def test_no_trace_is_none(tmp_path: Path) -> None:
    assert find(tmp_path) is None
    assert find(tmp_path / "no such folder") is None


def test_a_number_that_now_is_another_process_is_no_dashboard(tmp_path: Path, refused_port: int) -> None:
    leave_trace(tmp_path, os.getpid(), refused_port)
    assert running(tmp_path) is None


def test_a_port_that_now_is_another_programs_is_no_dashboard(tmp_path: Path, http_port: int) -> None:
    leave_trace(tmp_path, os.getpid(), http_port)
    assert running(tmp_path) is None

"""The data directory's lock, held and lost by real processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import StartupError
from core.storage.lock import DataDirLock

HOLDER = """
import sys
from pathlib import Path
from core.storage.lock import DataDirLock
lock = DataDirLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_dashboard_is_refused_with_the_folder_named(tmp_path: Path) -> None:
    with _holder(tmp_path), pytest.raises(StartupError) as refusal:
        DataDirLock(tmp_path).acquire()
    assert (refusal.value.reason, refusal.value.arguments) == ("data_dir_locked", {"path": str(tmp_path)})


def test_what_a_killed_process_leaves_does_not_block(tmp_path: Path) -> None:
    with _holder(tmp_path) as process:
        process.kill()
        process.wait()
        assert (tmp_path / "lock").exists()
        lock = DataDirLock(tmp_path)
        lock.acquire()
        lock.release()


def test_released_it_can_be_taken_again(tmp_path: Path) -> None:
    first, second = DataDirLock(tmp_path), DataDirLock(tmp_path)
    first.acquire()
    with pytest.raises(StartupError):
        second.acquire()
    first.release()
    first.release()
    second.acquire()
    second.release()


def test_folder_and_file_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    lock = DataDirLock(folder)
    lock.acquire()
    lock.release()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("obstacle", ["data", "data/lock"])
def test_what_stands_in_the_way_is_named(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / obstacle
    if obstacle == "data":
        path.write_text("a file")
    else:
        path.mkdir(parents=True)
    with pytest.raises(StartupError) as refusal:
        DataDirLock(tmp_path / "data").acquire()
    assert (refusal.value.reason, refusal.value.arguments) == ("data_dir", {"path": str(tmp_path / "data")})


@contextmanager
def _holder(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_locks_the_service_can_lock_later(tmp_path: Path) -> None:
    os.chown(tmp_path, 10001, 10001)
    lock = DataDirLock(tmp_path)
    lock.acquire()
    lock.release()
    found = (tmp_path / "lock").stat()
    assert (found.st_uid, found.st_gid) == (10001, 10001)

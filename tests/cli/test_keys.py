"""`keys rotate | verify` as processes: killed at any moment, and beside somebody who writes."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from core.storage.key_file import read_key_file
from tests.cli.processes import LIMIT_S, ROOT, CommandLine, dashboard, environment
from tests.services.keyed import Keyed

SOURCES, HOOKS = 130, 3


def plant(folder: Path, url: str) -> None:
    async def work() -> None:
        keyed = await Keyed.open(folder, url)
        for number in range(SOURCES):
            await keyed.add(f"s{number}")
        for _ in range(HOOKS):
            await keyed.add_hook()
        await keyed.database.close()

    asyncio.run(work())


def opened(folder: Path, url: str) -> list[dict[str, str]]:
    """Everything, with the one key of the file."""

    async def work() -> list[dict[str, str]]:
        keyed = await Keyed.open(folder, url)
        found = await keyed.opened()
        await keyed.database.close()
        return found

    return asyncio.run(work())


@contextmanager
def writing(folder: Path, url: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.cli.writing_beside", str(folder), url]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment(folder), stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("seed", [20])
def test_killed_twenty_times_and_finished_every_row_opens_with_the_new_key_alone(tmp_path: Path, seed: int) -> None:
    url = f"sqlite:///{tmp_path / 'cheshmeh.db'}"
    plant(tmp_path, url)
    key_file = tmp_path / "keys"
    (first,) = read_key_file(key_file)
    command = [sys.executable, "-m", "tests.cli.killed_rotation", str(key_file), str(seed), "20"]
    killed = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path), stderr=subprocess.PIPE, text=True, timeout=600
    )
    assert killed.returncode == 0, killed.stderr
    left = [line.split()[-1] for line in killed.stderr.splitlines()[1:]]
    assert len(left) == 20
    assert set(left) <= {"1", "2"}  # begun once, not twice
    done = CommandLine(tmp_path).json("keys", "rotate")
    assert done["ok"]
    (last,) = read_key_file(key_file)
    assert last == done["key"] != first
    found = opened(tmp_path, url)
    assert [config["password"] for config in found[:SOURCES]] == [f"of s{number}" for number in range(SOURCES)]
    assert found[SOURCES:] == [{"url": "https://chat/x", "secret": "s"}] * HOOKS
    assert sorted(path.name for path in tmp_path.iterdir() if "db" not in path.name) == ["keys"]
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_whoever_writes_beside_rotations_loses_nothing(tmp_path: Path, database_url: str) -> None:
    cli = CommandLine(tmp_path)
    with writing(tmp_path, database_url) as other:
        assert other.stdout
        assert other.stdin
        keys = set()
        for _ in range(3):
            for _ in range(3):
                assert other.stdout.readline()
            done = cli.run("keys", "rotate", "--json", database_url=database_url)
            assert done.returncode == 0, done.stdout + done.stderr
            keys.add(json.loads(done.stdout)["key"])
        rounds = [other.stdout.readline() for _ in range(3)]
        other.stdin.write("over\n")
        other.stdin.close()
        rest = other.stdout.read().split()
        assert other.wait(LIMIT_S) == 0
    written = int((rest or rounds)[-1])
    assert len(keys) == 3
    assert set(read_key_file(tmp_path / "keys")) <= keys
    assert len(opened(tmp_path, database_url)) == 1 + 2 * written
    report = json.loads(cli.run("keys", "verify", "--json", database_url=database_url).stdout)
    assert (report["ok"], sum(report["rows"].values()), report["unneeded"]) == (True, 1 + 2 * written, [])


def test_what_does_not_open_is_named_without_its_content(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cheshmeh.db'}"
    plant(tmp_path, url)
    (kek_id,) = read_key_file(tmp_path / "keys")
    (tmp_path / "keys").write_text(f"other:{'A' * 43}=\n")
    said = CommandLine(tmp_path).run("keys", "verify")
    assert (said.returncode, said.stderr) == (1, "")
    assert f"{kek_id}: {SOURCES + HOOKS} rows" in said.stdout
    assert f"the key {kek_id} is missing" in said.stdout
    assert "of s1" not in said.stdout
    refused = CommandLine(tmp_path).run("keys", "rotate")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert list(read_key_file(tmp_path / "keys")) == ["other"]


def test_a_dashboard_goes_on_with_what_it_knew_and_with_what_is_new(tmp_path: Path) -> None:
    cli, new = CommandLine(tmp_path / "data"), {"name": "shop", "kind": "rest"}
    with dashboard(cli.data_dir, tmp_path / "log") as running:
        cli.json("orgs", "add", "acme")
        token = cli.json("tokens", "add", "--org", "acme", "--role", "admin")["token"]
        call, sources = requests.Session(), f"{running.url}/orgs/acme/datasources"
        call.headers["Authorization"] = f"Bearer {token}"
        auth = {"type": "bearer", "token": "s3cret-word"}
        config = {"base_url": "http://127.0.0.1:9/", "auth": auth}
        known = call.post(sources, json=new | {"config": config}, timeout=LIMIT_S).json()
        call.post(f"{sources}/{known['id']}/ping", timeout=LIMIT_S)
        for name in ("one", "two"):
            assert cli.json("keys", "rotate")["ok"]
            made = call.post(sources, json={"name": name, "kind": "rest", "config": config}, timeout=LIMIT_S)
            assert made.status_code == 201
            changed = call.patch(f"{sources}/{known['id']}", json={"config": {"timeout_s": 3}}, timeout=LIMIT_S)
            assert changed.json()["config"]["auth"]["token"] == {"set": True}
            assert call.post(f"{sources}/{known['id']}/ping", timeout=LIMIT_S).json()["ok"] is False
        report = cli.json("keys", "verify")
        assert (report["ok"], sum(report["rows"].values()), len(report["rows"])) == (True, 3, 1)
        assert "s3cret" not in running.output

"""`db backup | restore` as processes, beside a dashboard and beside somebody who writes."""

import asyncio
from pathlib import Path

import pytest

from tests.cli.processes import CommandLine, dashboard
from tests.cli.test_keys import opened, writing
from tests.services.keyed import Keyed


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'cheshmeh.db'}"


def test_a_backup_beside_a_writer_is_of_one_moment_and_opens_elsewhere(tmp_path: Path) -> None:
    data, other, url = tmp_path / "data", tmp_path / "other", url_of(tmp_path / "data")
    with writing(data, url) as writer:
        assert writer.stdout
        for _ in range(5):
            line = writer.stdout.readline()
        for number in range(3):
            CommandLine(data).json("db", "backup", str(tmp_path / f"backup{number}"))
            assert writer.stdout.readline()
    other.mkdir()
    (other / "keys").write_bytes((data / "keys").read_bytes())
    for number in range(3):
        done = CommandLine(other).json("db", "restore", str(tmp_path / f"backup{number}"))
        assert (done["kept"] is None) == (number == 0)
        found = opened(other, url_of(other))
        hooks = sum("url" in each for each in found)
        # A source and then its hook, a round: between the two there may be one more.
        assert hooks >= int(line)
        assert len(found) - hooks - 1 in (hooks, hooks + 1)


def test_a_running_dashboard_and_a_server_are_said_in_both_languages(tmp_path: Path, postgres_url: str) -> None:
    data, file = tmp_path / "data", tmp_path / "backup"
    cli = CommandLine(data)
    with dashboard(data, tmp_path / "log"):
        assert cli.run("db", "backup", str(file)).stdout.startswith(f"The backup is {file}.\n")
        refused = cli.run("db", "restore", str(file))
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "Another dashboard already uses" in refused.stderr
    assert cli.run("db", "restore", str(file), language="fa_IR.UTF-8").stdout.count("پایگاه داده") == 2
    for command in ("backup", "restore"):
        on_server = cli.run("db", command, str(tmp_path / "x"), database_url=postgres_url)
        assert (on_server.returncode, on_server.stdout) == (1, "")
        assert "pg_dump" in on_server.stderr
        assert "pg_restore" in on_server.stderr


@pytest.mark.parametrize("rotated", [False, True])
def test_a_backup_from_before_a_rotation_needs_the_key_from_then(tmp_path: Path, rotated: bool) -> None:
    cli, file = CommandLine(tmp_path), tmp_path / "backup"

    async def plant() -> None:
        keyed = await Keyed.open(tmp_path, url_of(tmp_path))
        await keyed.add("s")
        await keyed.database.close()

    asyncio.run(plant())
    cli.json("db", "backup", str(file))
    kept = (tmp_path / "keys").read_text()
    if rotated:
        cli.json("keys", "rotate")
        refused = cli.run("db", "restore", str(file))
        assert (refused.returncode, kept.partition(":")[0] in refused.stderr) == (1, True)
        with (tmp_path / "keys").open("a") as keys:
            keys.write(kept)
    cli.json("db", "restore", str(file))
    assert cli.json("keys", "rotate")["rewrapped"] == 1
    assert opened(tmp_path, url_of(tmp_path)) == [{"password": "of s"}]

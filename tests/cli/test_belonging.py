"""A data directory whose state lies on a server is not worked on with a database file that nobody looks at."""

from pathlib import Path

import pytest

from tests.cli.processes import CommandLine, dashboard

COMMANDS = (
    ("keys", "rotate"), ("keys", "verify"), ("db", "upgrade"), ("db", "check"), ("db", "backup", "copy"),
    ("db", "restore", "copy"), ("orgs", "list"), ("orgs", "add", "ghost"), ("users", "list"),
)  # fmt: skip


@pytest.fixture
def data(tmp_path: Path, postgres_url: str) -> Path:
    """Of a dashboard that ran on a server."""
    with dashboard(tmp_path / "data", tmp_path / "log", database_url=postgres_url):
        pass
    return tmp_path / "data"


def test_without_the_servers_address_nothing_is_done(data: Path, tmp_path: Path, postgres_url: str) -> None:
    cli, keys, server = CommandLine(data), (data / "keys").read_bytes(), (data / "database.server").read_text().strip()
    for command in COMMANDS:
        refused = cli.run(*command)
        assert (refused.returncode, refused.stdout) == (2, ""), command
        assert server in refused.stderr
        assert "CHESHMEH_DATABASE_URL" in refused.stderr
    refused = cli.run("orgs", "list", language="fa_IR.UTF-8")
    assert refused.returncode == 2
    assert "CHESHMEH_DATABASE_URL" in refused.stderr
    assert (data / "keys").read_bytes() == keys
    assert not (data / "cheshmeh.db").exists()
    assert cli.run("orgs", "list", database_url=postgres_url).returncode == 0
    assert "@" not in server
    config = cli.json("doctor", code=1)["checks"][0]
    assert (config["step"], config["status"]) == ("config", "failed")
    assert server in config["evidence"]


def test_a_dashboard_does_not_begin_anew_beside_the_server(data: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="CHESHMEH_DATABASE_URL"), dashboard(data, tmp_path / "second"):
        pass
    (data / "database.server").unlink()
    with dashboard(data, tmp_path / "third"):
        assert (data / "cheshmeh.db").exists()

"""`db` on a PostgreSQL, and two dashboards that share it."""

import json
from pathlib import Path

import requests
from sqlalchemy.engine import make_url

from tests.cli.processes import LIMIT_S, CommandLine, dashboard
from tests.servers.postgres import PostgresServer

KEKS = "k1:" + "A" * 43 + "="


def test_db_upgrade_and_check_work_on_a_server(
    tmp_path: Path, empty_postgres_url: str, postgres: PostgresServer
) -> None:
    cli = CommandLine(tmp_path)
    missing = cli.run("db", "check", database_url=empty_postgres_url)
    assert missing.returncode == 1
    for _ in range(2):
        done = cli.run("db", "upgrade", database_url=empty_postgres_url)
        assert (done.returncode, done.stderr) == (0, "")
    assert cli.run("db", "check", database_url=empty_postgres_url).returncode == 0
    postgres.execute("ALTER TABLE sources ADD COLUMN colour text", make_url(empty_postgres_url).database)
    differing = cli.run("db", "check", database_url=empty_postgres_url)
    assert (differing.returncode, "colour" in differing.stdout) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path, refused_port: int) -> None:
    url = f"postgresql://reza:s3cret-word@127.0.0.1:{refused_port}/app"
    for command in ("upgrade", "check"):
        done = CommandLine(tmp_path).run("db", command, database_url=url)
        assert done.returncode == 2
        assert "The database server cannot be reached." in done.stderr
        assert "s3cret" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_what_one_dashboard_makes_another_process_shows(tmp_path: Path, empty_postgres_url: str) -> None:
    shared = {"database_url": empty_postgres_url, "keks": KEKS}
    cli = CommandLine(tmp_path / "third")
    assert cli.run("orgs", "add", "acme", **shared).returncode == 0
    given = cli.run("tokens", "add", "--org", "acme", "--role", "admin", "--json", **shared)
    headers = {"Authorization": f"Bearer {json.loads(given.stdout)['token']}"}
    with (
        dashboard(tmp_path / "one", tmp_path / "one.log", **shared) as one,
        dashboard(tmp_path / "other", tmp_path / "other.log", **shared) as other,
    ):
        body = {"kind": "rest", "name": "shop", "config": {"base_url": "http://127.0.0.1:9/"}}
        made = requests.post(f"{one.url}/orgs/acme/datasources", json=body, headers=headers, timeout=LIMIT_S).json()
        seen = requests.get(f"{other.url}/orgs/acme/datasources/{made['id']}", headers=headers, timeout=LIMIT_S)
        assert seen.json() == made

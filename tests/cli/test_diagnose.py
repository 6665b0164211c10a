"""`sources diagnose`: here, and through the running dashboard."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.models import STEPS
from tests.cli.processes import CommandLine, dashboard
from tests.people import add_organisation
from tests.servers.postgres import PostgresServer
from tests.services.assembly import product

SECRET = "Zq7-never-shown"
ORG = ("--org", "acme")


@pytest.fixture
def acme(tmp_path: Path) -> CommandLine:
    """With the organisation `acme`."""
    cli = CommandLine(tmp_path / "data")
    with product(cli.data_dir) as made:
        add_organisation(made.runtime, "acme", "Acme")
    return cli


def add(cli: CommandLine, name: str, server: PostgresServer, password: str) -> None:
    config: dict[str, Any] = {"host": server.host, "port": server.port, "database": server.database}
    given = json.dumps(config | {"user": server.user, "password": password})
    cli.json("sources", "add", *ORG, "--kind", "postgres", "--name", name, "--config", "-", stdin=given)


def test_a_ladder_without_and_with_a_dashboard(acme: CommandLine, postgres: PostgresServer, tmp_path: Path) -> None:
    add(acme, "خوب", postgres, postgres.password)
    add(acme, "بد", postgres, SECRET)
    held = acme.json("sources", "diagnose", *ORG, "خوب")
    assert (held["ok"], tuple(check["step"] for check in held["checks"])) == (True, STEPS)
    broken = acme.json("sources", "diagnose", *ORG, "بد", code=1)
    assert next(check for check in broken["checks"] if check["status"] == "failed")["step"] == "auth"
    with dashboard(acme.data_dir, tmp_path / "log"):
        listed = acme.run("sources", "diagnose", *ORG, "بد")
        assert listed.returncode == 1
        assert [line for line in listed.stdout.splitlines() if line.startswith("✗ Sign-in")]
        assert "config.user, config.password" in listed.stdout
        assert "\x1b" not in listed.stdout
        assert SECRET not in listed.stdout + listed.stderr + (tmp_path / "log").read_text("utf-8")


def test_an_unknown_source_is_said(acme: CommandLine) -> None:
    done = acme.run("sources", "diagnose", *ORG, "no such")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no such" in done.stderr

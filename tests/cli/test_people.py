"""What the owner of the data directory does about people."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.processes import CommandLine

PASSWORD = "correct horse"


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "data")


def test_people_come_and_go(cli: CommandLine) -> None:
    cli.json("orgs", "add", "acme", "--name", "Acme")
    for name in ("mina", "ali"):
        assert cli.run("users", "add", name, stdin=f"{PASSWORD}\n").returncode == 0
    cli.json("members", "add", "acme", "mina", "admin")
    cli.json("members", "add", "acme", "ali", "viewer")
    last = cli.run("members", "remove", "acme", "mina", "--json")
    assert (last.returncode, '"conflict"' in last.stdout) == (1, True)
    assert cli.json("members", "add", "acme", "ali", "admin")["role"] == "admin"
    assert cli.json("members", "remove", "acme", "mina") == {"org": "acme", "user": "mina", "removed": True}
    assert cli.json("members", "list", "acme") == [
        {"user": "ali", "role": "admin", "origin": "local", "disabled": False}
    ]


def test_accounts_are_listed_disabled_and_enabled(cli: CommandLine) -> None:
    cli.run("users", "add", "mina", stdin=f"{PASSWORD}\n")
    cli.run("users", "add", "root", "--admin", stdin=f"{PASSWORD}\n")
    assert cli.json("users", "disable", "mina") == {"name": "mina", "disabled": True}
    assert cli.json("users", "list") == [
        {"name": "mina", "admin": False, "disabled": True},
        {"name": "root", "admin": True, "disabled": False},
    ]
    assert cli.run("users", "disable", "root").returncode == 1
    assert cli.json("users", "enable", "mina") == {"name": "mina", "disabled": False}


def test_links_are_printed_with_the_address_that_people_type(cli: CommandLine) -> None:
    cli.json("orgs", "add", "acme")
    cli.run("users", "add", "mina", stdin=f"{PASSWORD}\n")
    for link, path in (
        (cli.json("users", "password", "mina"), "/session/password"),
        (cli.json("members", "invite", "acme", "editor", "--note", "علی"), "/session/invitation"),
    ):
        parts = urlsplit(link["url"])
        assert (parts.scheme, parts.path) == ("http", path)
        assert len(parse_qs(parts.query)["code"][0]) >= 43


def test_a_password_that_is_refused_is_explained(cli: CommandLine) -> None:
    done = cli.run("users", "add", "mina", stdin="password123\n")
    assert done.returncode == 1
    assert "commonest" in done.stderr
    assert "password123" not in done.stderr

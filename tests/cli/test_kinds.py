"""`sources kinds`, `--help` with fields, and `--dsn`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import typer

from core.cli import main
from core.cli.kinds import given, known
from core.connectors.registry import registry
from core.errors import InvalidInput
from tests.cli.processes import CommandLine
from tests.people import add_organisation
from tests.services.assembly import product

SECRET = "Zq7-never-shown"
DSN = f"postgresql://u:{SECRET}@127.0.0.1:1/d"


def said_by(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints, in this process."""
    monkeypatch.setattr("sys.argv", ["core", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", ["add", "test"])
def test_the_help_lists_the_fields_of_every_kind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    said = said_by(monkeypatch, capsys, "sources", command, "--help")
    assert "--dsn" in said
    assert all(f"  {kind}:\n" in said for kind in registry.kinds)
    assert "    host\n    port? 5432\n    database\n    user\n    password*?\n" in said


def test_kinds_are_listed_for_people_and_for_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "postgres:\n  host\n  port? 5432\n" in said_by(monkeypatch, capsys, "sources", "kinds")
    kinds = json.loads(said_by(monkeypatch, capsys, "sources", "kinds", "--json"))
    assert {kind["kind"] for kind in kinds} == set(registry.kinds)
    [postgres] = [kind for kind in kinds if kind["kind"] == "postgres"]
    assert postgres["fields"][1] == {
        "name": "port", "type": "integer", "required": False, "secret": False, "default": 5432, "choices": [],
        "shown_when": {},
    }  # fmt: skip


def test_every_kind_has_fields() -> None:
    assert all(kind.fields for kind in known())


def test_a_connection_string_says_kind_and_configuration() -> None:
    config = {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u", "password": SECRET}
    assert given(None, None, DSN) == given("postgres", None, DSN) == ("postgres", config)


def test_a_connection_string_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{DSN}\n"))
    assert given(None, None, "-")[1]["password"] == SECRET


def test_a_file_goes_before_the_connection_string(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"port": 2, "schema": "s"}))
    config = given(None, str(file), DSN)[1]
    assert (config["port"], config["schema"], config["user"]) == (2, "s", "u")


def test_a_connection_string_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        given("rest", None, DSN)
    [error] = caught.value.fields
    assert (error.field, error.message.key, error.message.args) == ("dsn", "field.dsn_kind", {"kind": "postgres"})


@pytest.mark.parametrize("wrong", [(None, None, None), ("postgres", None, None), (None, "x", None), (None, "-", "-")])
def test_too_little_or_standard_input_twice_is_wrong_usage(wrong: tuple[Any, Any, Any]) -> None:
    with pytest.raises(typer.BadParameter):
        given(*wrong)


def test_a_source_is_made_of_a_connection_string_that_nobody_sees(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "data")
    with product(cli.data_dir) as made:
        add_organisation(made.runtime, "acme", "Acme")
    done = cli.run("sources", "add", "--org", "acme", "--name", "n", "--dsn", "-", "--json", stdin=DSN)
    source = json.loads(done.stdout)
    assert (source["kind"], source["config"]["password"]) == ("postgres", {"set": True})
    assert SECRET not in done.stdout + done.stderr
    refused = cli.run("sources", "add", "--org", "acme", "--name", "m", "--dsn", f"{DSN}?service=x", "--json")
    assert [error["field"] for error in json.loads(refused.stdout)["error"]["errors"]] == ["dsn"]
    assert refused.returncode == 1
    assert SECRET not in refused.stdout + refused.stderr

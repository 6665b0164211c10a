"""The command line on a data directory without a dashboard."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from core.models import Actor, Role, SourceDraft
from tests.cli.processes import CommandLine
from tests.people import add_organisation
from tests.servers.postgres import PostgresServer
from tests.services.assembly import product

SECRET = "Zq7-never-shown"


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "data")


@pytest.fixture
def acme(cli: CommandLine) -> CommandLine:
    """With the organisation `acme`."""
    with product(cli.data_dir) as made:
        add_organisation(made.runtime, "acme", "Acme")
    return cli


def config_file(folder: Path, **config: Any) -> str:
    path = folder / "config.json"
    path.write_text(json.dumps({"host": "127.0.0.1", "database": "d", "user": "u", "password": SECRET} | config))
    return str(path)


def test_an_empty_folder_becomes_an_installation(cli: CommandLine) -> None:
    assert cli.json("db", "upgrade") == {"ok": True}
    assert cli.json("db", "check") == {"ok": True, "drift": []}
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [cli.data_dir, *cli.data_dir.iterdir()]}
    assert all(mode & 0o077 == 0 for mode in modes.values()), modes


def test_people_and_tokens(cli: CommandLine) -> None:
    assert cli.json("orgs", "add", "acme", "--name", "شرکت نمونه") == {"slug": "acme", "name": "شرکت نمونه"}
    added = cli.run("users", "add", "maryam", "--json", stdin=f"{SECRET}\n")
    assert (added.returncode, json.loads(added.stdout)) == (0, {"name": "maryam", "admin": False})
    assert SECRET not in added.stdout + added.stderr
    held = {"org": "acme", "user": "maryam", "role": "analyst"}
    assert cli.json("members", "add", "acme", "maryam", "analyst") == held

    token = cli.json("tokens", "add", "--org", "acme", "--role", "editor", "--scope", "metrics", "--days", "7")
    assert list(token) == ["id", "token", "org", "role", "scopes", "expires_at"]
    assert (token["org"], token["role"], token["scopes"]) == ("acme", "editor", ["metrics"])
    left = datetime.fromisoformat(token["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6.9) < left <= timedelta(days=7)
    listed = cli.run("tokens", "list", "--json").stdout
    assert [row["id"] for row in json.loads(listed)] == [token["id"]]
    assert token["token"] not in listed
    scraper = cli.json("tokens", "add", "--org", "acme", "--scope", "metrics")
    assert (scraper["org"], scraper["role"], scraper["scopes"]) == ("acme", None, ["metrics"])
    cli.json("tokens", "revoke", scraper["id"])
    told = [line.split("\t") for line in cli.run("tokens", "list").stdout.splitlines()]
    assert [(line[3], line[-1]) for line in told] == [("editor,metrics", "valid"), ("metrics", "revoked")]
    cli.json("users", "disable", "maryam")
    assert cli.run("members", "list", "acme").stdout == "maryam\tanalyst\tlocal\tdisabled\n"


def test_a_source_without_a_dashboard(acme: CommandLine, postgres: PostgresServer) -> None:
    server = {"host": postgres.host, "port": postgres.port, "database": postgres.database, "user": postgres.user}
    config = json.dumps(server | {"password": postgres.password})
    made = acme.json(
        "sources", "add", "--org", "acme", "--kind", "postgres", "--name", "کالا", "--config", "-", stdin=config
    )
    assert made["config"]["password"] == {"set": True}
    assert [source["id"] for source in acme.json("sources", "list", "--org", "acme")] == [made["id"]]
    assert acme.json("sources", "ping", "--org", "acme", "کالا")["ok"]
    rows = acme.json("sources", "sample", "--org", "acme", "کالا", "--params", '{"sql": "select 1 as یک"}')["rows"]
    assert rows == [{"یک": 1}]
    past = acme.json("sources", "history", "--org", "acme", "کالا", "--step", "5m")
    assert (past["step_s"], sum(bucket["calls"] for bucket in past["buckets"])) == (300, 2)
    wrong = acme.json("sources", "history", "--org", "acme", "کالا", "--from", "yesterday", code=2)["error"]
    assert [error["field"] for error in wrong["errors"]] == ["from"]
    tried = acme.json("sources", "test", "--org", "acme", "--kind", "postgres", "--config", "-", stdin=config)
    assert tried["ok"]


def test_a_source_on_the_pattern_of_another_takes_everything_but_the_secrets(acme: CommandLine, tmp_path: Path) -> None:
    add = ("sources", "add", "--org", "acme", "--name")
    acme.json(*add, "orders", "--kind", "postgres", "--config", config_file(tmp_path))
    acme.json("sources", "edit", "--org", "acme", "orders", "--tag", "فروش", "--interval", "90")
    bare = acme.json(*add, "bare", "--from", "orders")
    assert (bare["kind"], bare["tags"], bare["check_interval_s"]) == ("postgres", ["فروش"], 90)
    assert "password" not in bare["config"]
    new = acme.json(*add, "new", "--from", "orders", "--config", "-", stdin='{"password": "Zq1", "port": 1}')
    assert new["config"] == bare["config"] | {"password": {"set": True}, "port": 1}
    assert acme.run(*add, "x", "--from", "orders", "--kind", "postgres").returncode == 2
    assert acme.run(*add, "x", "--from", "nobody").returncode == 1


def test_a_source_that_is_down_is_exit_status_1(acme: CommandLine, tmp_path: Path, refused_port: int) -> None:
    file = config_file(tmp_path, port=refused_port)
    with product(acme.data_dir) as made:
        draft = SourceDraft("postgres", "down", json.loads(Path(file).read_text()))
        made.runtime.run(made.runtime.sources.create(Actor("x", {"acme": Role.EDITOR}), "acme", draft))
    one = acme.json("sources", "ping", "--org", "acme", "down", code=1)
    assert (one["ok"], one["attempts"]) == (False, 3)
    [row] = acme.json("sources", "ping", "--org", "acme", "--all", code=1)
    assert (row["name"], row["ok"]) == ("down", False)
    tried = acme.json("sources", "test", "--org", "acme", "--kind", "postgres", "--config", file, code=1)
    assert not tried["ok"]


def test_a_breaker_is_held_with_a_reason_that_outlives_the_command(acme: CommandLine, tmp_path: Path) -> None:
    file = config_file(tmp_path)
    of_orders = ("--org", "acme", "orders")
    acme.json("sources", "add", "--org", "acme", "--kind", "postgres", "--name", "orders", "--config", file)
    held = acme.json("sources", "breaker", *of_orders, "--action", "force_open", "--reason", "کار شبانه")
    assert (held["state"], held["status"]) == ("forced_open", "suspended")
    refused = acme.run("sources", "ping", *of_orders, "--json")
    assert (refused.returncode, json.loads(refused.stdout)["error"]["code"]) == (1, "circuit_open")
    said = acme.run("sources", "breaker", *of_orders, "--action", "disable", "--reason", "x")
    assert (said.returncode, said.stdout) == (0, "breaker off\torders\n")
    assert acme.json("sources", "breaker", *of_orders, "--action", "reset", "--reason", "done")["state"] == "closed"
    error = acme.json("sources", "breaker", *of_orders, "--action", "reset", "--reason", " ", code=1)["error"]
    assert [field["field"] for field in error["errors"]] == ["reason"]
    assert acme.json("sources", "breaker", "--org", "acme", "no", "--action", "reset", "--reason", "x", code=1)


def test_what_went_wrong_is_one_sentence_and_one_document(acme: CommandLine, tmp_path: Path) -> None:
    file = config_file(tmp_path, port=0)
    done = acme.run("sources", "add", "--org", "acme", "--kind", "postgres", "--name", "n", "--config", file, "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (1, "validation_error")
    assert [field["field"] for field in error["errors"]] == ["config.port"]
    assert "config.port" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("sources", "ping", "--org", "acme"),
        ("sources", "ping", "--org", "acme", "x", "--all"),
        ("tokens", "add"),
        ("sources", "breaker", "--org", "acme", "x", "--action", "open", "--reason", "x"),
        ("sources", "breaker", "--org", "acme", "x", "--action", "reset"),
        ("sources", "edit", "--org", "acme", "x", "--interval", "often"),
        ("tokens", "add", "--all-orgs", "--org", "acme"),
        ("tokens", "revoke", "no-uuid"),
        ("sources", "add", "--org", "acme", "--kind", "postgres", "--name", "n", "--config", "/no/such/file"),
        ("no-such-command",),
    ],
)
def test_wrong_usage_is_exit_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    # In this process: nothing is opened before the arguments are judged.
    monkeypatch.setattr("sys.argv", ["core", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert (end.value.code, said.out) == (2, "")
    assert said.err


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("members", "add", "acme", "sara", "boss"), "role"),
        (("members", "invite", "acme", "viewer", "--days", "0"), "days"),
        (("tokens", "add", "--org", "acme", "--role", "boss"), "role"),
        (("tokens", "add", "--org", "acme", "--scope", "all"), "scope"),
        (("tokens", "add", "--org", "acme", "--role", "viewer", "--days", "0"), "days"),
        (("sources", "add", "--org", "acme", "--kind", "nosuch", "--name", "n", "--config", "-"), "kind"),
        (("sources", "list", "--org", "acme", "--status", "bogus"), "status"),
        (("sources", "list", "--org", "acme", "--kind", "bogus"), "kind"),
        (("audit", "--org", "acme", "--since", "yesterday"), "since"),
        (("sources", "sample", "--org", "acme", "n", "--params", "{bad"), "params"),
        (("alerts", "add", "--org", "acme", "--url", "https://chat.ir", "--language", "de"), "language"),
    ],
)
def test_a_word_that_is_none_of_those_known_is_wrong_usage(
    acme: CommandLine, arguments: tuple[str, ...], field: str
) -> None:
    error = acme.json(*arguments, stdin="{}", code=2)["error"]
    assert (error["code"], [each["field"] for each in error["errors"]]) == ("validation_error", [field])


def test_when_a_source_is_checked_is_edited(acme: CommandLine, tmp_path: Path) -> None:
    file = config_file(tmp_path)
    acme.json("sources", "add", "--org", "acme", "--kind", "postgres", "--name", "n", "--config", file)
    edit = "sources", "edit", "--org", "acme", "n"
    until = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    shown = acme.json(*edit, "--interval", "300", "--maintenance-until", until.isoformat())
    assert shown["check_interval_s"] == 300
    assert datetime.fromisoformat(shown["maintenance"]["until"]) == until
    assert datetime.fromisoformat(shown["maintenance"]["from"]) < until
    shown = acme.json(*edit, "--interval", "default", "--maintenance-until", "none")
    assert (shown["check_interval_s"], shown["maintenance"]) == (None, None)


def test_a_note_is_left_and_taken_away(acme: CommandLine, tmp_path: Path) -> None:
    file = config_file(tmp_path)
    acme.json("sources", "add", "--org", "acme", "--kind", "postgres", "--name", "n", "--config", file)
    edit = "sources", "edit", "--org", "acme", "n"
    until = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    note = acme.json(*edit, "--note", "being repaired", "--note-until", until.isoformat())["note"]
    assert (note["text"], datetime.fromisoformat(note["until"])) == ("being repaired", until)
    assert acme.json(*edit, "--note-until", "none")["note"]["until"] is None
    assert acme.json(*edit, "--note", "")["note"] is None
    refused = acme.run(*edit, "--note", "", "--note-until", until.isoformat())
    assert (refused.returncode, "--note-until" in refused.stderr) == (2, True)


def test_workers_need_a_database_that_they_can_share(cli: CommandLine) -> None:
    done = cli.run("orgs", "list", checks="worker")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "PostgreSQL" in done.stderr


def test_a_wrong_setting_is_exit_status_2_and_one_sentence(cli: CommandLine) -> None:
    done = cli.run("orgs", "list", data_dri="x")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "CHESHMEH_DATA_DIR" in done.stderr


def test_persian_where_the_terminal_is_persian(acme: CommandLine) -> None:
    done = acme.run("members", "add", "acme", "nobody", "viewer", language="fa_IR.UTF-8")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == "کاربری به نام nobody نیست. املای آن را بررسی کنید یا ابتدا کاربر را بسازید."


def test_the_operator_is_told_which_organisation_is_not_there_and_what_to_do(acme: CommandLine) -> None:
    for command in (("orgs", "egress", "acmee"), ("members", "list", "acmee"), ("audit", "--org", "acmee")):
        done = acme.run(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("There is no organisation acmee. Check the spelling")


def test_a_file_that_is_no_json_is_named_by_its_option(acme: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("host: here")
    add = ("sources", "add", "--org", "acme", "--kind", "rest", "--name", "n", "--config", str(tmp_path / "config"))
    error = acme.json(*add, code=2)["error"]
    assert [(each["field"], each["message"]) for each in error["errors"]] == [
        ("config", "This must be a JSON object, in braces.")
    ]
    missing = acme.run(*add[:-1], str(tmp_path / "none"))
    assert missing.returncode == 2
    assert "No such file" in " ".join(missing.stderr.replace("│", " ").split())

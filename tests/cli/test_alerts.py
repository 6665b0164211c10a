"""`alerts …` on the command line, and messages that outlive the dashboard that had to send them."""

import sqlite3
from pathlib import Path
from typing import Any

from tests.cli.processes import CommandLine, dashboard
from tests.servers.receiver import Receiver, receiver
from tests.services.test_holds import eventually

SECRET = "Zq7-signing-secret"


def alerts(cli: CommandLine, *arguments: str, code: int = 0) -> Any:
    return cli.json("alerts", arguments[0], "--org", "acme", *arguments[1:], code=code)


def test_hooks_are_added_shown_tried_and_removed(tmp_path: Path) -> None:
    cli, secret = CommandLine(tmp_path / "data"), tmp_path / "secret"
    cli.json("orgs", "add", "acme")
    secret.write_text(f"{SECRET}\n")
    with receiver(204, 500) as found:
        made = alerts(cli, "add", "--url", f"{found.url}/Zq8?key=Zq9", "--secret-file", str(secret), "--language", "en")
        assert made.pop("secret") == SECRET
        assert (made["host"], made["language"], made["waiting"], made["last_error"]) == ("127.0.0.1", "en", 0, None)
        taken = alerts(cli, "test", made["id"])
        assert (taken["ok"], taken["code"], taken["delivery"]) == (True, None, found.messages[0].delivery)
        assert found.messages[0].signed_by(SECRET)
        assert found.messages[0].told["type"] == "test"
        refused = cli.run("alerts", "test", "--org", "acme", made["id"])
        assert (refused.returncode, "500" in refused.stdout) == (1, True)
    listed = cli.run("alerts", "list", "--org", "acme")
    assert listed.stdout == f"{made['id']}\t127.0.0.1\ten\n"
    assert "Zq" not in "".join(each.stdout + each.stderr for each in (refused, listed))
    assert alerts(cli, "remove", made["id"]) == {"id": made["id"], "removed": True}
    assert alerts(cli, "list") == []


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "data")
    cli.json("orgs", "add", "acme")
    error = alerts(cli, "add", "--url", "https://Zq7:Zq8@chat.ir", code=1)["error"]
    assert (error["code"], [each["field"] for each in error["errors"]]) == ("validation_error", ["url"])
    assert "Zq" not in str(error)
    missing = cli.run("alerts", "add", "--org", "acme", "--url", "https://chat.ir", "--secret-file", "/none")
    assert missing.returncode == 2


def test_an_incident_is_told_although_its_dashboard_was_killed_and_so_is_its_end(tmp_path: Path) -> None:
    cli, log = CommandLine(tmp_path / "data"), tmp_path / "log"
    cli.json("orgs", "add", "acme")
    with receiver() as found, receiver() as service:
        service.status = 500
        secret = alerts(cli, "add", "--url", f"{found.url}/Zq8", "--language", "en")["secret"]
        for name in ("orders", "blog"):
            config = f'{{"base_url": "{service.url}/{name}"}}'
            cli.json("sources", "add", "--org", "acme", "--kind", "rest", "--name", name, "--config", "-", stdin=config)
        with dashboard(cli.data_dir, log) as first:
            _ping_twice(cli, ok=False)
            (waiting,) = _deliveries(cli)
            first.kill()
        assert found.messages == []
        with dashboard(cli.data_dir, log, public_url="https://cheshmeh.example.ir"):
            eventually(lambda: len(found.messages) == 1)
            told = _signed(found, secret)
            assert told["type"] == "incident.opened"
            assert told["delivery"].replace("-", "") == waiting
            assert (told["cause"], {source["name"] for source in told["sources"]}) == ("host", {"orders", "blog"})
            assert told["sources"][0]["url"].startswith("https://cheshmeh.example.ir/source?source=")
            service.status = 200
            _ping_twice(cli, ok=True)
            eventually(lambda: len(found.messages) == 2)
            assert _signed(found, secret)["type"] == "incident.closed"
    written = log.read_text("utf-8", "replace")
    assert "Zq8" not in written
    assert secret not in written


def _ping_twice(cli: CommandLine, *, ok: bool) -> None:
    for _ in range(2):
        rows = cli.json("sources", "ping", "--org", "acme", "--all", code=0 if ok else 1)
        assert [row["ok"] for row in rows] == [ok, ok]


def _deliveries(cli: CommandLine) -> list[str]:
    with sqlite3.connect(cli.data_dir / "cheshmeh.db") as connection:
        return [str(uid) for (uid,) in connection.execute("SELECT uid FROM alert_deliveries")]


def _signed(found: Receiver, secret: str) -> Any:
    assert found.messages[-1].signed_by(secret)
    return found.messages[-1].told

"""`orgs egress` on the command line, and a running dashboard that obeys what it says."""

from pathlib import Path

import requests

from tests.cli.processes import CommandLine, dashboard
from tests.servers.receiver import receiver
from tests.services.test_holds import eventually


def test_a_list_is_shown_set_and_lifted(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "data")
    cli.json("orgs", "add", "acme")
    source = ("--org", "acme", "--kind", "rest", "--name", "shop", "--config", "-")
    cli.json("sources", "add", *source, stdin='{"base_url": "http://192.0.2.7"}')
    assert cli.json("orgs", "egress", "acme") == {"org": "acme", "entries": [], "shut_out": []}
    none = cli.run("orgs", "egress", "acme")
    assert (none.stdout, "may lie anywhere" in none.stderr) == ("", True)
    kept = cli.run("orgs", "egress", "acme", "--allow", "DB.Example.ir.", "--allow", "10.1.2.3/8")
    assert (kept.returncode, kept.stdout) == (0, "10.0.0.0/8\ndb.example.ir\n")
    assert "shop" in kept.stderr
    shown = cli.json("orgs", "egress", "acme")
    assert shown == {"org": "acme", "entries": ["10.0.0.0/8", "db.example.ir"], "shut_out": ["shop"]}
    assert cli.json("orgs", "egress", "acme", "--clear")["entries"] == []


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "data")
    cli.json("orgs", "add", "acme")
    error = cli.json("orgs", "egress", "acme", "--allow", "a.ir", "--allow", "http://b.ir", code=1)["error"]
    assert (error["code"], [each["field"] for each in error["errors"]]) == ("validation_error", ["entries[1]"])
    assert error["errors"][0]["message"].startswith("“http://b.ir” was refused: ")
    assert cli.json("orgs", "egress", "nobody", code=1)["error"]["code"] == "not_found"
    assert cli.run("orgs", "egress", "acme", "--allow", "a.ir", "--clear").returncode == 2


def test_a_running_dashboard_obeys(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "data")
    cli.json("orgs", "add", "acme")
    with receiver() as service, dashboard(cli.data_dir, tmp_path / "log") as running:
        source = ("--org", "acme", "--kind", "rest", "--name", "shop", "--config", "-")
        made = cli.json("sources", "add", *source, stdin=f'{{"base_url": "{service.url}"}}')
        token = cli.json("tokens", "add", "--org", "acme", "--role", "analyst")["token"]

        def status() -> int:
            url = f"{running.url}/orgs/acme/datasources/{made['id']}/ping"
            return requests.post(url, headers={"Authorization": f"Bearer {token}"}, timeout=60).status_code

        assert status() == 200
        cli.json("orgs", "egress", "acme", "--allow", "10.0.0.0/8")
        eventually(lambda: status() == 422)
        cli.json("orgs", "egress", "acme", "--clear")
        eventually(lambda: status() == 200)

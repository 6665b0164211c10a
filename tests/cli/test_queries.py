"""`orgs policy` and `queries …` on the command line."""

from pathlib import Path

from core.models import Actor, Role
from tests.cli.processes import CommandLine
from tests.services.assembly import product

SARA = Actor("سارا", {"acme": Role.ANALYST})


def test_the_policy_is_shown_and_set(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "data")
    cli.json("orgs", "add", "acme")
    assert cli.json("orgs", "policy", "acme") == {"org": "acme", "samples": "open"}
    assert cli.run("orgs", "policy", "acme", "--samples", "approved_only").stdout == "approved_only\n"
    assert cli.json("orgs", "policy", "acme")["samples"] == "approved_only"
    assert cli.run("orgs", "policy", "acme", "--samples", "closed").returncode == 2
    assert cli.json("orgs", "policy", "nobody", code=1)["error"]["code"] == "not_found"


def test_a_query_is_listed_approved_and_revoked(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "data")
    cli.json("orgs", "add", "acme")
    source = ("--org", "acme", "--kind", "rest", "--name", "shop", "--config", "-")
    made = cli.json("sources", "add", *source, stdin='{"base_url": "http://192.0.2.7"}')
    with product(tmp_path / "data") as beside:
        draft = {"name": "health", "source_id": made["id"], "params": {"path": "/health"}, "shared": True}
        saved = beside.runtime.run(beside.runtime.queries.save(SARA, "acme", draft))
    (listed,) = cli.json("queries", "list", "--org", "acme")
    assert (listed["id"], listed["status"], listed["owner"]) == (str(saved.id), "draft", "سارا")
    later = ("queries", "approve", "--org", "acme", str(saved.id), "--version", str(listed["version"] + 1))
    assert cli.json(*later, code=1)["error"]["code"] == "precondition_failed"
    assert cli.json(*later[:-1], str(listed["version"]))["status"] == "approved"
    assert "approved\tshop\tسارا\thealth" in cli.run("queries", "list", "--org", "acme").stdout
    assert cli.json("queries", "revoke", "--org", "acme", str(saved.id))["decided_by"] == "command line"
    assert cli.json("queries", "approve", "--org", "other", str(saved.id), code=1)["error"]["code"] == "not_found"

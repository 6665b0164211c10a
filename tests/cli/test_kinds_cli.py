"""Sources of other kinds on the command line: added from a connection string, asked on their real servers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api.kind_case import KEPT, Case
from tests.api.kind_cases import mongodb_case, s3_case
from tests.cli.processes import CommandLine
from tests.people import add_organisation
from tests.services.assembly import product


def mongodb_dsn(config: dict[str, Any]) -> str:
    account = f"{config['user']}:{config['password']}"
    return f"mongodb://{account}@{config['hosts'][0]}/{config['database']}?authSource=admin"


def s3_dsn(config: dict[str, Any]) -> str:
    keys, options = (
        f"{config['access_key_id']}:{config['secret_access_key']}",
        urlencode({"endpoint_url": config["endpoint_url"]}),
    )
    return f"s3://{keys}@{config['bucket']}/{config['prefix']}?{options}"


@pytest.fixture
def acme(tmp_path: Path) -> CommandLine:
    """With the organisation `acme`."""
    cli = CommandLine(tmp_path / "data")
    with product(cli.data_dir) as made:
        add_organisation(made.runtime, "acme", "Acme")
    return cli


@pytest.mark.parametrize(
    ("server", "make", "dsn", "params"),
    [
        ("mongodb", mongodb_case, mongodb_dsn, '{"collection": "things"}'),
        ("s3", s3_case, s3_dsn, '{"key": "safe/داده.parquet", "limit": 1}'),
    ],
)
def test_a_source_from_a_connection_string_answers_and_shows_no_secret(
    acme: CommandLine,
    request: pytest.FixtureRequest,
    server: str,
    make: Callable[[Any], Case],
    dsn: Callable[[dict[str, Any]], str],
    params: str,
) -> None:
    case, org = make(request.getfixturevalue(server)), ("--org", "acme")
    made = acme.json("sources", "add", *org, "--name", "منبع", "--dsn", "-", stdin=dsn(case.config))
    assert (made["kind"], made["config"][case.secret]) == (case.kind, KEPT)
    assert acme.json("sources", "ping", *org, "منبع")["ok"]
    row = acme.json("sources", "sample", *org, "منبع", "--params", params)["rows"][0]
    assert {name: row[name] for name in case.columns} == {name: value for name, (_, value) in case.columns.items()}
    tried = acme.json("sources", "test", *org, "--dsn", "-", stdin=dsn(case.config | case.wrong), code=1)
    assert [check["step"] for check in tried["checks"] if check["status"] == "failed"] == [case.rung]
    listed = acme.run("sources", "list", *org, "--json")
    assert not any(secret in listed.stdout + listed.stderr + str(made) + str(tried) for secret in case.secrets)
    assert [source["config"] for source in json.loads(listed.stdout)] == [made["config"]]


def test_a_source_is_shown_edited_and_deleted_without_its_secret(acme: CommandLine, s3: Any) -> None:
    case, org = s3_case(s3), ("--org", "acme")
    acme.json("sources", "add", *org, "--name", "منبع", "--dsn", "-", stdin=s3_dsn(case.config))
    edited = acme.json(
        "sources",
        "edit",
        *org,
        "منبع",
        "--name",
        "انبار",
        "--tag",
        "نو",
        "--config",
        "-",
        stdin='{"region": "us-west-2"}',
    )
    assert (edited["name"], edited["tags"], edited["config"]["region"]) == ("انبار", ["نو"], "us-west-2")
    shown = acme.json("sources", "show", *org, "انبار")
    assert (shown["id"], shown["config"][case.secret]) == (edited["id"], KEPT)
    assert not any(secret in str(shown) for secret in case.secrets)
    assert acme.json("sources", "ping", *org, "انبار")["ok"]
    refused = acme.run(
        "sources", "edit", *org, "انبار", "--config", "-", stdin='{"endpoint_url": "http://127.0.0.1:1"}'
    )
    assert (refused.returncode, "config.secret_access_key" in refused.stdout + refused.stderr) == (1, True)
    assert acme.json("sources", "delete", *org, "انبار", "--yes") == {"deleted": "انبار"}
    assert acme.json("sources", "list", *org) == []

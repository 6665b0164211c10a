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
        made.runtime.run(made.runtime.access.add_organisation("acme", "Acme"))
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

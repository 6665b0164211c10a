"""`sources rotate`: a new password of a real server's user, tried before it takes the old one's place."""

import json
from pathlib import Path
from typing import Any

from tests.cli.processes import CommandLine
from tests.servers.postgres import PostgresServer

ORG = ("--org", "acme")


def test_a_new_password_is_tried_before_it_takes_the_place_of_the_old(tmp_path: Path, postgres: PostgresServer) -> None:
    cli = CommandLine(tmp_path / "data")
    cli.json("orgs", "add", "acme")
    postgres.execute("CREATE ROLE rotated LOGIN PASSWORD 'old-word'")
    # Other tests leave tables behind, and a ladder does not hold where one may read none of them.
    postgres.execute("GRANT pg_read_all_data TO rotated")
    try:
        config: dict[str, Any] = {"host": postgres.host, "port": postgres.port, "database": postgres.database}
        given = json.dumps(config | {"user": "rotated", "password": "old-word"})
        cli.json("sources", "add", *ORG, "--kind", "postgres", "--name", "shop", "--config", "-", stdin=given)
        new = json.dumps({"password": "new-word"})
        refused = cli.run("sources", "rotate", *ORG, "shop", "--config", "-", stdin=new)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "Sign-in" in refused.stderr
        assert "config.password" in refused.stderr
        assert "new-word" not in refused.stderr
        assert cli.json("sources", "ping", *ORG, "shop")["ok"]
        postgres.execute("ALTER ROLE rotated PASSWORD 'new-word'")
        cli.json("sources", "rotate", *ORG, "shop", "--config", "-", stdin=new)
        assert cli.json("sources", "ping", *ORG, "shop")["ok"]
    finally:
        postgres.execute("DROP ROLE rotated")

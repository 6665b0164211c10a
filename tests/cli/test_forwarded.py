"""Who is believed about where a request came from, in a real process: nobody, unless a setting says so."""

from pathlib import Path

import pytest
import requests

from tests.cli.processes import LIMIT_S, CommandLine, dashboard


@pytest.mark.parametrize(("trusted", "address"), [("", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.9")])
def test_the_trail_has_the_address_of_the_connection_unless_its_end_is_a_trusted_proxy(
    tmp_path: Path, trusted: str, address: str
) -> None:
    data, command = tmp_path / "data", CommandLine(tmp_path / "data")
    with dashboard(data, tmp_path / "log", trusted_proxies=trusted) as running:
        command.run("orgs", "add", "acme", "--name", "Acme")
        token = command.json("tokens", "add", "--org", "acme", "--role", "admin")["token"]
        told = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        body = {"kind": "rest", "name": "n", "config": {"base_url": "http://127.0.0.1:9"}}
        url = f"{running.url}/orgs/acme"
        made = requests.post(f"{url}/datasources", json=body, headers=told, timeout=LIMIT_S)
        assert made.status_code == 201
        assert ("Strict-Transport-Security" in made.headers) is bool(trusted)
        lines = requests.get(f"{url}/audit", headers=told, timeout=LIMIT_S).json()["items"]
        assert [line["address"] for line in lines if line["action"] == "source.create"] == [address]

"""A real `python app.py`, from its first start through a power cut, and what refuses to start."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cli.processes import CommandLine, Dashboard, dashboard, refused_start
from tests.servers.postgres import PostgresServer

ADMIN_PASSWORD = "correct horse battery"
LIMIT_S = 60


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as jar:
        jar.trust_env = False
        yield jar


def set_up(browser: requests.Session, running: Dashboard) -> str:
    """Follows the printed link; the session's cookie."""
    link = f"{running.url}/session/setup?code={running.setup_code}"
    page = browser.get(link, timeout=LIMIT_S).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields = hidden | {"username": "admin", "password": ADMIN_PASSWORD}
    answer = browser.post(f"{running.url}/session/setup", fields, allow_redirects=False, timeout=LIMIT_S)
    assert answer.status_code == 303, answer.text
    return str(browser.cookies["cheshmeh_session"])


def call(running: Dashboard, token: str, method: str, path: str = "", body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{running.url}/orgs/main/datasources{path}"
    answer = requests.request(method, url, headers=headers, json=body, timeout=LIMIT_S)
    assert answer.ok, answer.text
    return answer.json()


def holders(secret: str, data_dir: Path, running: Dashboard) -> list[str]:
    """The files of the installation, and the lines of its output, that hold a secret."""
    files = [str(path) for path in data_dir.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    return files + [line for line in running.output.splitlines() if secret in line]


def test_a_source_outlives_a_power_cut_and_no_secret_is_written_anywhere(
    tmp_path: Path, postgres: PostgresServer, browser: requests.Session
) -> None:
    data_dir, cli = tmp_path / "data", CommandLine(tmp_path / "data")
    config = {"host": postgres.host, "port": postgres.port, "database": postgres.database, "user": postgres.user}
    body = {"kind": "postgres", "name": "کالا", "config": config | {"password": postgres.password}}

    with dashboard(data_dir, tmp_path / "log") as running:
        link_code = running.setup_code
        session = set_up(browser, running)
        token = cli.json("tokens", "add", "--org", "main", "--role", "admin")["token"]
        source = call(running, token, "POST", body=body)
        assert call(running, token, "POST", f"/{source['id']}/ping")["ok"]
        # The command line goes through the dashboard, so the call is counted there.
        assert cli.json("sources", "ping", "--org", "main", "کالا")["ok"]
        assert call(running, token, "GET", f"/{source['id']}/metrics")["calls_total"] == 2
        running.kill()

    with dashboard(data_dir, tmp_path / "log") as running:
        kept = call(running, token, "GET", f"/{source['id']}")
        assert {name: kept[name] for name in ("name", "config", "created_at")} == {
            name: source[name] for name in ("name", "config", "created_at")
        }
        assert call(running, token, "POST", f"/{source['id']}/ping")["ok"]
        cookie = {"Cookie": f"cheshmeh_session={session}"}
        assert requests.get(running.url, headers=cookie, timeout=LIMIT_S).status_code == 200
        assert running.setup_code is None
        for secret in (postgres.password, token, session, ADMIN_PASSWORD):
            assert holders(secret, data_dir, running) == []
        assert link_code is not None
        [line] = holders(link_code, data_dir, running)
        assert line.startswith("Sign in: ")
        assert running.stop() in (0, 143, -15)
    assert not (data_dir / "server.json").exists()


def test_a_second_dashboard_on_one_data_directory_refuses_and_says_why(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with dashboard(data_dir, tmp_path / "log") as running:
        done = refused_start(data_dir)
        assert requests.get(f"{running.url}/readyz", timeout=LIMIT_S).ok
        page = requests.get(running.url, headers={"Sec-Fetch-Dest": "document"}, timeout=LIMIT_S, allow_redirects=False)
        assert (page.status_code, page.headers["Location"]) == (303, "/session/login?next=/")
        nowhere = requests.get(f"{running.url}/orgs/x/nothing", timeout=LIMIT_S)
        assert (nowhere.status_code, nowhere.headers["Content-Type"]) == (404, "application/problem+json")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(data_dir) in done.stderr


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = refused_start(tmp_path / "data", port=str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(port) in done.stderr


def test_a_corrupt_key_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    data_dir, content = tmp_path / "data", b"k1:c2hvcnQ=\n"
    data_dir.mkdir(mode=0o700)
    key_file = data_dir / "keys"
    key_file.write_bytes(content)
    done = refused_start(data_dir)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(key_file) in done.stderr
    assert "c2hvcnQ" not in done.stderr
    assert key_file.read_bytes() == content

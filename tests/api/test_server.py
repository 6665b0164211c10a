"""The end of a real dashboard, and what refuses to start when another command than `python app.py` carries it."""

import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.cli.processes import LIMIT_S, CommandLine, Dashboard, dashboard, ended, environment
from tests.servers.processes import reserved_port

ENDED = {0, 143, -15}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    home = tmp_path_factory.mktemp("dashboard")
    with dashboard(home / "data", home / "log") as made:
        yield made


def test_a_request_that_does_not_end_is_told_why_and_keeps_no_dashboard_from_ending(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as silent, dashboard(data_dir, tmp_path / "log") as running:
        cli = CommandLine(data_dir)
        cli.json("orgs", "add", "acme")
        token = cli.json("tokens", "add", "--org", "acme", "--role", "admin")["token"]
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        sources = f"{running.url}/orgs/acme/datasources"
        body = {"kind": "rest", "name": "x", "config": {"base_url": f"http://127.0.0.1:{silent.getsockname()[1]}"}}
        added = requests.post(sources, headers=headers, json=body, timeout=LIMIT_S).json()
        with ThreadPoolExecutor() as threads:
            asked = threads.submit(requests.post, f"{sources}/{added['id']}/ping", headers=headers, timeout=LIMIT_S)
            with silent.accept()[0]:
                assert running.stop() in ENDED
            answer = asked.result()
        assert (answer.status_code, answer.json()["code"]) == (503, "shutting_down")
        assert int(answer.headers["Retry-After"]) > 0
        assert "Traceback" not in running.output
    assert not (data_dir / "server.json").exists()


@pytest.mark.parametrize("path", ["/orgs/x/%00", "/orgs/a%2f..%2fb", "/api/%2e%2e/x", "/session/a%5cb"])
def test_a_path_that_no_file_may_have_is_a_problem_as_any_other(running: Dashboard, path: str) -> None:
    answer = requests.get(f"{running.url}{path}", timeout=LIMIT_S)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_run_of_a_page_leaves_the_places_of_modules_alone(tmp_path: Path) -> None:
    """Whoever imports in another thread at that moment would find what is installed missing."""
    program = """
import sys
import app
from streamlit.runtime.scriptrunner.exec_code import modified_sys_path
before = list(sys.path)
with modified_sys_path(str(app.ROOT / "ui" / "main.py")):
    during = list(sys.path)
sys.exit(0 if before == during == sys.path else 3)
"""
    done = ended(["-c", program], environment(tmp_path / "data"), "")
    assert done.returncode == 0, done.stderr


def streamlit_run(data_dir: Path, listens_on: int, **settings: str) -> "subprocess.CompletedProcess[str]":
    command = ["-m", "streamlit", "run", "app.py", "--server.port", str(listens_on)]
    return ended(command, environment(data_dir, **settings), "")


def test_a_server_that_listens_elsewhere_than_the_settings_say_is_refused(tmp_path: Path) -> None:
    with reserved_port() as port, reserved_port() as other:
        done = streamlit_run(tmp_path / "data", other, port=str(port))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert {str(port), str(other)} <= set(done.stderr.replace(",", " ").replace(".", " ").split())
    assert not (tmp_path / "data" / "cheshmeh.db").exists()


@pytest.mark.parametrize("settings", [{"checks": "worker"}, {"locale": "xx"}])
def test_what_refuses_to_start_is_one_sentence_whatever_carries_the_application(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with reserved_port() as port:
        done = streamlit_run(tmp_path / "data", port, port=str(port), **settings)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)

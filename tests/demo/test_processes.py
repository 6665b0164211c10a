"""How the demo's processes start, end and are told of, with the quickest of the servers."""

import json
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

from demo.kept import HOST, Kept, listening
from demo.mongo_program import Program
from demo.processes import ROOT, ServerProcess
from demo.servers import Servers, servers

END_LIMIT_S = 20
SIMULATOR = Program("simulator")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess("rest", "demo.rest", tmp_path / "rest.log")
    yield process
    process.stop()


def start(server: ServerProcess) -> int:
    accepting = listening(0)
    port = accepting.getsockname()[1]
    server.start(accepting, {"token": "secret"})
    return port


def answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port)).close()
    except ConnectionRefusedError:
        return False
    return True


def rest_alone(home: Path) -> AbstractContextManager[Servers]:
    return servers(home, SIMULATOR, names=("rest",))


def test_a_server_that_was_stopped_is_gone_with_its_port(server: ServerProcess):
    port = start(server)
    assert server.ready()
    assert answers(port)
    pid = server.pid
    server.stop()
    assert not answers(port)
    assert not psutil.pid_exists(pid)


def test_a_call_before_it_serves_waits_and_is_not_refused(server: ServerProcess):
    port = start(server)
    with socket.create_connection((HOST, port)) as early:
        early.sendall(b"GET /health HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")
        assert early.recv(12) == b"HTTP/1.1 401"


def test_one_that_cannot_start_is_not_ready_and_its_log_says_why(tmp_path: Path):
    server = ServerProcess("none", "demo.none", tmp_path / "none.log")
    start(server)
    assert not server.ready()
    server.stop()
    assert "No module named demo.none" in server.log.read_text()


def started_beside(others: list[psutil.Process]) -> list[psutil.Process]:
    """Children but for the servers of other tests, which live as long as the session."""
    return [child for child in psutil.Process().children() if child not in others]


def test_the_death_of_one_is_told_once_and_its_end_goes_on(tmp_path: Path):
    others = psutil.Process().children()
    with rest_alone(tmp_path) as running:
        assert running.failed() == {}
        assert running.ended() == {}
        (child,) = started_beside(others)
        child.kill()
        psutil.wait_procs([child], END_LIMIT_S)
        assert running.ended() == {"rest": tmp_path / "rest.log"}
        assert running.ended() == {}


def test_one_that_never_served_is_told_as_failed_and_not_again(tmp_path: Path):
    missing, others = Program("mongod", str(tmp_path / "mongod")), psutil.Process().children()
    with servers(tmp_path, missing, names=("mongodb",)) as running:
        assert running.failed() == {"mongodb": tmp_path / "mongodb.log"}
        psutil.wait_procs(started_beside(others), END_LIMIT_S)
        assert running.ended() == {}


def test_a_second_start_has_the_ports_and_secrets_of_the_first(tmp_path: Path):
    with rest_alone(tmp_path) as first:
        kept = (first.ports, first.kept.secret("rest_token"))
    with rest_alone(tmp_path) as second:
        assert (second.ports, second.kept.secret("rest_token")) == kept
        assert second.failed() == {}


def test_a_port_that_somebody_took_is_replaced_and_the_new_one_kept(tmp_path: Path):
    with Kept(tmp_path / "kept.json").listener("rest") as first:
        taken = first.getsockname()[1]
        with Kept(tmp_path / "kept.json").listener("rest") as second:
            replaced = second.getsockname()[1]
    with Kept(tmp_path / "kept.json").listener("rest") as third:
        assert (taken != replaced, third.getsockname()[1]) == (True, replaced)


def test_servers_do_not_outlive_a_parent_that_was_killed(tmp_path: Path):
    script = f"""
        import json, sys, time
        from pathlib import Path
        from demo.kept import listening
        from demo.processes import ServerProcess
        server = ServerProcess("rest", "demo.rest", Path({str(tmp_path)!r}) / "log")
        server.start(listening(0), {{"token": "secret"}})
        server.ready()
        print(json.dumps(server.pid), flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as parent:
        child = psutil.Process(json.loads(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    child.wait(END_LIMIT_S)
    assert not child.is_running()


def test_asked_twice_to_end_it_still_ends_its_program():
    stubborn = """
        import signal, time
        signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
        print("ready", flush=True)
        while True:
            time.sleep(600)
    """
    script = f"""
        import signal, sys
        from demo import mongodb
        mongodb.END_LIMIT_S = 1
        sys.stderr = sys.stdout
        signal.signal(signal.SIGTERM, mongodb._leave)
        with mongodb._running([sys.executable, "-c", {textwrap.dedent(stubborn)!r}], {{}}) as program:
            print(program.pid, flush=True)
            program.wait()
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        said = {supervisor.stdout.readline().strip() for _ in range(2)}
        (pid,) = said - {"ready"}
        program = psutil.Process(int(pid))
        supervisor.terminate()
        assert supervisor.stdout.readline() == "asked\n"
        supervisor.terminate()
        program.wait(END_LIMIT_S)
    assert supervisor.returncode == 0

"""`python -m core …` without the second that its imports take: every command is a process of its own, forked from one
that has done them. Arguments, environment, streams and exit status are as those of any other process.
"""

import atexit
import io
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Never

ROOT = Path(__file__).resolve().parents[2]
STREAMS = ("stdin", "stdout", "stderr")
_starting = threading.Lock()


def run(
    arguments: Sequence[str], env: Mapping[str, str], stdin: str = "", *, limit_s: float = 90
) -> "subprocess.CompletedProcess[str]":
    """Raises subprocess.TimeoutExpired, and ends the command, after `limit_s`."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in STREAMS}
        files["stdin"].write_text(stdin, "utf-8")
        request = {
            "arguments": list(arguments),
            "env": dict(env),
            "files": {name: str(path) for name, path in files.items()},
        }
        code = _asked(request, limit_s)
        return subprocess.CompletedProcess(
            arguments, code, files["stdout"].read_text("utf-8"), files["stderr"].read_text("utf-8")
        )


def _asked(request: dict[str, Any], limit_s: float) -> int:
    with _starting:
        address = _server()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        with connection.makefile("rw") as lines:
            lines.write(f"{json.dumps(request)}\n")
            lines.flush()
            pid = int(lines.readline())
            connection.settimeout(limit_s)
            try:
                return int(lines.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(request["arguments"], limit_s) from None


@cache
def _server() -> str:
    """Where it listens. One of these tests' own, which ends with them."""
    folder = tempfile.TemporaryDirectory(prefix="forked-")
    address = str(Path(folder.name, "socket"))
    command = [sys.executable, "-m", "tests.cli.forked", address]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(folder.cleanup)
    atexit.register(server.wait)
    atexit.register(server.kill)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return address


def _serve(address: str) -> None:
    """Until nobody holds the other end of standard input."""
    import core.cli  # noqa: F401  # here alone: whoever asks has no need of it

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for commands
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        os.write(1, b"ready\n")
        while sys.stdin.fileno() not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> Never:
    """Forks what is asked for, and says its process id and, once it has ended, its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with suppress(BrokenPipeError), connection.makefile("rw") as lines:  # who asked may have given up
        request = json.loads(lines.readline())
        pid = os.fork()
        if pid == 0:
            connection.close()
            os._exit(_command(**request))
        lines.write(f"{pid}\n")
        lines.flush()
        _, status = os.waitpid(pid, 0)
        lines.write(f"{os.waitstatus_to_exitcode(status)}\n")
    os._exit(0)


def _command(arguments: list[str], env: dict[str, str], files: dict[str, str]) -> int:
    """As the interpreter runs a module and ends."""
    os.environ.clear()
    os.environ.update(env)
    for number, name in enumerate(STREAMS):
        opened = os.open(files[name], os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(open(number, mode + "b", closefd=False), "utf-8", line_buffering=number == 2)  # noqa: SIM115
        for number, mode in enumerate("rww")
    )
    sys.argv = ["core", *arguments]
    code = _ended()
    threading._shutdown()  # type: ignore[attr-defined]  # as at the end of an interpreter: threads are waited for
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _ended() -> int:
    try:
        runpy.run_module("core", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except BaseException as err:  # noqa: BLE001  # told as the interpreter tells it
        sys.excepthook(type(err), err, err.__traceback__)
        return 1
    return 0


if __name__ == "__main__":
    _serve(sys.argv[1])

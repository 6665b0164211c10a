"""What serves as MongoDB here, and the names in it; apart from the server, which imports PyMongo."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

DATABASE, COLLECTION, USER = "nycflights", "airports", "cheshmeh_reader"
AUTH_DATABASE = "admin"


@dataclass(frozen=True, slots=True)
class Program:
    """What serves as MongoDB here: `mongod`, `ferretdb` or `simulator`; `path` is None for the last."""

    name: str
    path: str | None = None

    @property
    def simulated(self) -> bool:
        return self.path is None


def find() -> Program:
    """A MongoDB on PATH, else a FerretDB on PATH or built by `make servers`, else the simulator."""
    if path := shutil.which("mongod"):
        return Program("mongod", path)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cheshmeh-servers"
    built = sorted(str(file) for file in cache.glob("*/ferretdb") if os.access(file, os.X_OK))
    if path := shutil.which("ferretdb") or (built[-1] if built else None):
        return Program("ferretdb", path)
    return Program("simulator")

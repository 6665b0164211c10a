"""Which server the state of a data directory lies on.

Whoever forgets its address in another shell would work on a database file that nobody looks at, and could take away
the keys of the one that everybody uses.
"""

from pathlib import Path

from sqlalchemy.engine import make_url

from core.errors import StartupError
from core.settings import Settings

FILE = "database.server"


def require_belonging(settings: Settings) -> None:
    """Raises StartupError `database_forgotten` where the state is on a server and the settings name no database."""
    path = settings.data_dir / FILE
    try:
        server = path.read_text("utf-8", "replace").strip() if settings.database_url is None else ""
    except OSError:
        return  # there is none, or whoever may not look into the directory may do nothing else in it either
    if server:
        raise StartupError("database_forgotten", folder=str(settings.data_dir), server=server, path=str(path))


def remember_belonging(settings: Settings) -> None:
    """For who owns the data directory, once the database has answered. Raises StartupError where it cannot write."""
    path = settings.data_dir / FILE
    try:
        if settings.on_sqlite:
            path.unlink(missing_ok=True)
        else:
            path.write_text(f"{_place(settings)}\n", "utf-8")
    except OSError as err:
        raise StartupError("data_dir", path=str(settings.data_dir)) from err


def _place(settings: Settings) -> str:
    """Where it is, without who comes to it by which password."""
    name = Path(make_url(settings.database_url_text).database or "").name
    hosts = ",".join(f"{host}:{port}" for host, port in settings.database_servers)
    return f"{hosts}/{name}"

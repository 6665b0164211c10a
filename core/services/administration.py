"""What an organisation's administrators look up of the system that serves it. Reads only."""

import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from core import __version__
from core.models import Actor, Role
from core.services.rights import require
from core.settings import Settings
from core.storage.installation import InstallationRepository

PROGRAM, INTERFACE = "cheshmeh", "streamlit"


@dataclass(frozen=True, slots=True)
class SystemState:
    """The running process; `database` is the backend's name, `versions` are of programs by name."""

    database: str
    migration: str
    data_dir: str
    versions: dict[str, str]
    kinds: tuple[str, ...]
    started_at: datetime


class Administration:
    """Every method raises NotFound for a foreign organisation and Forbidden for anyone but its administrators."""

    def __init__(
        self,
        installation: InstallationRepository,
        settings: Settings,
        kinds: Iterable[str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._installation, self._settings = installation, settings
        self._kinds, self._clock = tuple(kinds), clock
        self._started_at = clock()

    async def system(self, actor: Actor, org: str) -> SystemState:
        require(actor, org, Role.ADMIN)
        return SystemState(
            # The scheme alone: a database's address may hold a password.
            database=self._settings.database_url_text.partition(":")[0].partition("+")[0],
            migration=await self._installation.revision(),
            data_dir=str(self._settings.data_dir.resolve()),
            versions={PROGRAM: __version__, "python": platform.python_version(), INTERFACE: version(INTERFACE)},
            kinds=self._kinds,
            started_at=self._started_at,
        )

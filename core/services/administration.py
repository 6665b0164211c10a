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

WORKER_SEEN_S = 10.0
"""A worker gives a sign of life every 2 s."""
PROGRAM, INTERFACE = "cheshmeh", "streamlit"


@dataclass(frozen=True, slots=True)
class SystemState:
    """The running process; `database` is the backend's name, `versions` are of programs by name.

    `checks` is `inline`, `worker` or `off`; `workers` live now, None where no worker has work. `keys` are the ids of
    the key-encryption keys in use. `redis` says whether there is one, not whether it answers.
    """

    database: str
    migration: str
    data_dir: str
    versions: dict[str, str]
    kinds: tuple[str, ...]
    started_at: datetime
    redis: bool = False
    checks: str = "inline"
    workers: int | None = None
    keys: tuple[str, ...] = ()


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
            redis=self._settings.redis_url is not None,
            checks=self._settings.checks if self._settings.check_interval_s else "off",
            workers=await self._installation.workers(WORKER_SEEN_S) if self._settings.checks == "worker" else None,
            keys=await self._installation.keys(),
        )

"""Every rung of the installation's ladder in its order. It can be climbed when nothing else works."""

from collections.abc import AsyncIterator
from functools import partial

from core import settings
from core.access.first_start import require_password
from core.access.oidc_settings import oidc_settings
from core.diagnosis.ladder import of_error
from core.doctor import places, surroundings
from core.doctor.findings import Rung, climb, looking
from core.doctor.stores import Stores, redis
from core.errors import StartupError
from core.models import Actor, Check, CheckStatus
from core.settings import Settings
from core.storage.belonging import require_belonging


async def examine(actor: Actor) -> AsyncIterator[Check]:
    """One check a rung; where the settings cannot be read there is only the first."""
    try:
        present = settings.load()
    except StartupError as err:
        yield of_error("config", err)
        return
    yield _consistent(present)
    stores = Stores(present)
    try:
        async for check in climb((*_places(present), *_stores(present, stores, actor), *_around(present, stores))):
            yield check
    finally:
        await stores.close()


def _consistent(present: Settings) -> Check:
    """Whether a start would find fault with the settings as a whole; the rest is looked at anyway."""
    try:
        present.require_consistent()
        require_belonging(present)
        oidc_settings(present)
        require_password(present)
    except StartupError as err:
        return of_error("config", err)
    return Check("config", CheckStatus.OK)


def _places(present: Settings) -> tuple[Rung, ...]:
    return (
        Rung("data_dir", looking(places.data_directory, present)),
        Rung("lock", looking(places.lock, present), ("data_dir",)),
        Rung("keys", looking(places.key_file, present)),
    )


def _stores(present: Settings, stores: Stores, actor: Actor) -> tuple[Rung, ...]:
    return (
        Rung("database", stores.database),
        Rung("integrity", stores.integrity, ("database",)),
        Rung("migrations", stores.migrations, ("database",)),
        Rung("sealed", partial(stores.sealed, actor), ("database", "migrations")),
        Rung("clock", stores.clock, ("database",)),
        Rung("administrator", stores.administrator, ("database", "migrations")),
        Rung("redis", partial(redis, present)),
        Rung("worker", stores.workers, ("database",)),
    )


def _around(present: Settings, stores: Stores) -> tuple[Rung, ...]:
    return (
        Rung("port", partial(surroundings.port, present)),
        Rung("address", looking(surroundings.address, present)),
        Rung("open_files", looking(places.open_files)),
        Rung("trust_store", looking(surroundings.trust_store)),
        Rung("timezone", looking(surroundings.time_zone, present)),
        Rung("drivers", lambda: surroundings.drivers(stores.usable)),
    )

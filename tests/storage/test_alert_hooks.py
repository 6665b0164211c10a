"""Hooks as rows: the address and the secret sealed, the host and what came of the last attempt in the clear."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.errors import NotFound
from core.models import Organisation
from core.storage.alert_hooks import HookRepository
from core.storage.database import Database
from core.storage.encryption import SealBroken, Vault
from core.storage.outbox import Outbox
from core.storage.people import PeopleRepository
from core.storage.sealed import sealing_keys
from core.storage.tables import alert_hooks
from tests.storage.conftest import NOW
from tests.storage.plant import Plant

pytestmark = pytest.mark.anyio
OPENED = {"url": "https://chat.ir/hooks/Zq7?key=Zq8", "secret": "Zq9-signing-secret"}


@pytest.fixture
def hooks(database: Database, vault: Vault) -> HookRepository:
    return HookRepository(database, vault)


async def test_what_was_added_opens_and_is_sealed_in_its_row(
    hooks: HookRepository, org: Organisation, database: Database
) -> None:
    uid = await hooks.add(org, OPENED, "chat.ir", "en", NOW)
    (record,) = await hooks.of_org("acme")
    assert (record.uid, record.host, record.language, record.waiting, record.last_error) == (
        uid,
        "chat.ir",
        "en",
        0,
        None,
    )
    assert hooks.open(record) == (OPENED["url"], OPENED["secret"])
    async with database.read() as connection:
        row = str((await connection.execute(sa.select(alert_hooks))).one())
    assert "Zq" not in row + repr(record)
    assert await sealing_keys(database) == {"k1"}


async def test_a_row_in_anothers_place_does_not_open(
    hooks: HookRepository, org: Organisation, database: Database
) -> None:
    for number in (1, 2):
        await hooks.add(org, OPENED | {"url": f"https://chat.ir/{number}"}, "chat.ir", "en", NOW)
    first, second = await hooks.of_org("acme")
    async with database.write() as connection:
        moved = {"wrapped_key": first.sealed.wrapped_key, "ciphertext": first.sealed.ciphertext}
        await connection.execute(sa.update(alert_hooks).where(alert_hooks.c.id == second.id).values(moved))
    with pytest.raises(SealBroken):
        hooks.open((await hooks.of_org("acme"))[1])


async def test_another_organisation_sees_none_of_it(
    hooks: HookRepository, org: Organisation, people: PeopleRepository
) -> None:
    uid = await hooks.add(org, OPENED, "chat.ir", "en", NOW)
    await people.add_organisation("other", "Other", NOW)
    assert await hooks.of_org("other") == ()
    with pytest.raises(NotFound):
        await hooks.named("other", uid)


async def test_it_says_what_waits_and_what_the_last_attempt_met(plant: Plant, hooks: HookRepository) -> None:
    await hooks.add(plant.org, OPENED, "chat.ir", "en", NOW)
    source = await plant.add("Shop")
    await plant.fail(source)
    await plant.recover(source, 1)
    outbox, told = Outbox(plant.database), []
    for number in range(4):
        (delivery,) = await outbox.claim(NOW + timedelta(hours=number), timedelta(0), timedelta(seconds=60))
        if number in (0, 2):
            await outbox.failed(delivery, f"status_50{number}", NOW)
        else:
            await outbox.delivered(delivery, NOW)
        (record,) = await hooks.of_org("acme")
        told.append((record.waiting, record.last_error))
    assert told == [(2, "status_500"), (1, None), (1, "status_502"), (0, None)]

"""The outbox: nothing that happened is untold, nothing told twice at a time, no end told before its beginning."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from core.storage import outbox
from core.storage.alert_hooks import HookRepository
from core.storage.connection import Connection
from core.storage.encryption import Vault
from core.storage.outbox import AT_ONCE, Delivery, Outbox
from core.storage.people import PeopleRepository
from core.storage.tables import alert_deliveries, alert_hooks
from tests.storage.conftest import NOW, ON_POSTGRES
from tests.storage.plant import Plant

pytestmark = pytest.mark.anyio
LEASE, GATHER, NOTHING = timedelta(seconds=60), timedelta(seconds=20), timedelta(0)


@pytest.fixture
def hooks(plant: Plant, vault: Vault) -> HookRepository:
    return HookRepository(plant.database, vault)


async def hook(hooks: HookRepository, plant: Plant) -> UUID:
    return await hooks.add(plant.org, {"url": "https://chat.ir/h", "secret": "s" * 16}, "chat.ir", "fa", NOW)


async def claim(plant: Plant, late_s: float = 0, gather: timedelta = NOTHING) -> tuple[Delivery, ...]:
    return await Outbox(plant.database).claim(NOW + timedelta(seconds=late_s), gather, LEASE)


async def moments(plant: Plant) -> list[str]:
    async with plant.database.read() as connection:
        query = sa.select(alert_deliveries.c.moment).order_by(alert_deliveries.c.id)
        return list((await connection.execute(query)).scalars())


async def test_each_hook_is_told_once_of_a_beginning_and_once_of_its_end(plant: Plant, hooks: HookRepository) -> None:
    for _ in range(2):
        await hook(hooks, plant)
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    for source in (shop, blog):
        await plant.fail(source)
    assert await moments(plant) == ["opened"] * 2
    await plant.recover(shop, 60)
    assert await moments(plant) == ["opened"] * 2
    await plant.recover(blog, 60)
    assert await moments(plant) == ["opened"] * 2 + ["closed"] * 2


async def test_without_hooks_nothing_waits_and_another_organisations_are_not_told(
    plant: Plant, hooks: HookRepository, people: PeopleRepository
) -> None:
    other = await people.add_organisation("other", "Other", NOW)
    await hooks.add(other, {"url": "https://chat.ir", "secret": "s" * 16}, "chat.ir", "fa", NOW)
    await plant.fail(await plant.add("Shop"))
    assert await moments(plant) == []


async def test_a_hook_that_came_later_is_not_told_of_the_end_alone(plant: Plant, hooks: HookRepository) -> None:
    source = await plant.add("Shop")
    await plant.fail(source)
    await hook(hooks, plant)
    await plant.recover(source, 60)
    assert await moments(plant) == []


async def test_who_joins_after_the_beginning_was_told_is_told_too(plant: Plant, hooks: HookRepository) -> None:
    await hook(hooks, plant)
    shop, blog, wiki = [await plant.add(name) for name in ("Shop", "Blog", "Wiki")]
    await plant.fail(shop)
    await told(plant)
    await plant.fail(blog)
    assert await moments(plant) == ["opened", "grown"]
    await plant.fail(wiki)
    assert await moments(plant) == ["opened", "grown"]
    (grown,) = await told(plant)
    assert grown.moment == "grown"
    await plant.recover(wiki, 30)
    await plant.fail(wiki, 40)
    (again,) = await told(plant)
    assert (again.moment, again.uid == grown.uid) == ("grown", False)


async def test_a_hook_that_came_later_is_told_of_who_joins_and_of_the_end(plant: Plant, hooks: HookRepository) -> None:
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    await plant.fail(shop)
    await hook(hooks, plant)
    await plant.fail(blog)
    await told(plant)
    for source in (shop, blog):
        await plant.recover(source, 60)
    assert await moments(plant) == ["grown", "closed"]


async def test_of_an_incident_that_is_over_nobody_hears_that_it_grew(plant: Plant, hooks: HookRepository) -> None:
    await hook(hooks, plant)
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    await plant.fail(shop)
    await told(plant)
    await plant.fail(blog)
    for source in (shop, blog):
        await plant.recover(source, 60)
    assert await moments(plant) == ["opened", "closed"]


@pytest.mark.parametrize("in_flight", [False, True])
async def test_that_it_grew_is_not_told_after_its_end(plant: Plant, hooks: HookRepository, in_flight: bool) -> None:
    await hook(hooks, plant)
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    await plant.fail(shop)
    await told(plant)
    await plant.fail(blog)
    (grown,) = await claim(plant)
    outbox = Outbox(plant.database)
    if not in_flight:
        await outbox.failed(grown, "status_503", NOW + timedelta(seconds=61))
    for source in (shop, blog):
        await plant.recover(source, 52)
    if in_flight:
        await outbox.failed(grown, "status_503", NOW + timedelta(seconds=61))
    assert [delivery.moment for delivery in await told(plant)] == ["closed"]
    assert await claim(plant, 9999) == ()


async def test_a_hook_that_was_only_to_be_told_of_newcomers_is_not_told_of_the_end_alone(
    plant: Plant, hooks: HookRepository
) -> None:
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    await plant.fail(shop)
    await hook(hooks, plant)
    await plant.fail(blog)
    assert await moments(plant) == ["grown"]
    for source in (shop, blog):
        await plant.recover(source, 60)
    assert await moments(plant) == []


async def told(plant: Plant) -> tuple[Delivery, ...]:
    """What is claimed and delivered now."""
    found = await claim(plant, 3600)
    for delivery in found:
        await Outbox(plant.database).delivered(delivery, NOW)
    return found


async def test_an_incident_that_ends_with_its_sources_is_told(plant: Plant, hooks: HookRepository) -> None:
    await hook(hooks, plant)
    source = await plant.add("Shop")
    await plant.fail(source)
    await plant.sources.delete(source)
    assert await moments(plant) == ["opened", "closed"]


async def test_a_beginning_waits_for_companions(plant: Plant, hooks: HookRepository) -> None:
    await hook(hooks, plant)
    await plant.fail(await plant.add("Shop"))
    assert await claim(plant, 19.9, GATHER) == ()
    (delivery,) = await claim(plant, 20, GATHER)
    assert (delivery.moment, delivery.attempts) == ("opened", 1)


async def test_what_is_claimed_is_left_alone_and_after_the_lease_it_is_the_same_delivery(
    plant: Plant, hooks: HookRepository
) -> None:
    await hook(hooks, plant)
    await plant.fail(await plant.add("Shop"))
    (first,) = await claim(plant)
    assert await claim(plant, 59.9) == ()
    (again,) = await claim(plant, 60)
    assert (again.uid, again.attempts) == (first.uid, 2)
    # Whoever was too slow says nothing about what another has claimed since.
    await Outbox(plant.database).failed(first, "timeout", None)
    (last,) = await claim(plant, 120)
    await Outbox(plant.database).delivered(last, NOW)
    await Outbox(plant.database).failed(last, "timeout", NOW)
    assert await claim(plant, 9999) == ()


async def test_what_failed_is_due_again_when_it_was_put_off_to(plant: Plant, hooks: HookRepository) -> None:
    await hook(hooks, plant)
    await plant.fail(await plant.add("Shop"))
    (delivery,) = await claim(plant)
    await Outbox(plant.database).failed(delivery, "status_500", NOW + timedelta(seconds=10))
    assert await claim(plant, 9.9) == ()
    # A second attempt waits for no companions any more.
    assert len(await claim(plant, 10, GATHER)) == 1


@pytest.mark.parametrize("given_up", [False, True])
async def test_an_end_is_not_told_before_its_beginning(plant: Plant, hooks: HookRepository, given_up: bool) -> None:
    await hook(hooks, plant)
    source = await plant.add("Shop")
    await plant.fail(source)
    await plant.recover(source, 1)
    (beginning,) = await claim(plant, 30)
    assert beginning.moment == "opened"
    outbox = Outbox(plant.database)
    await outbox.failed(beginning, "timeout", NOW + timedelta(seconds=500))
    assert await claim(plant, 100) == ()
    (beginning,) = await claim(plant, 500)
    await (outbox.failed(beginning, "timeout", None) if given_up else outbox.delivered(beginning, NOW))
    assert [delivery.moment for delivery in await claim(plant, 501)] == ["closed"]


async def test_two_processes_share_what_is_due_and_send_nothing_twice(
    plant: Plant, beside: Plant, hooks: HookRepository
) -> None:
    for number in range(2 * AT_ONCE):
        await hook(hooks, plant)
        if number == 0:
            await plant.fail(await plant.add("lonely"), -3600)
    await plant.fail(await plant.add("Shop"), host="db2")
    claimed = await asyncio.gather(*(claim(process) for process in (plant, beside) * 4))
    found = [delivery.id for part in claimed for delivery in part]
    assert len(found) == len(set(found)) == 2 * AT_ONCE + 1


async def test_with_a_hook_goes_what_waits_for_it(plant: Plant, hooks: HookRepository) -> None:
    uid = await hook(hooks, plant)
    await plant.fail(await plant.add("Shop"))
    await hooks.remove(await hooks.named("acme", uid))
    assert await moments(plant) == []


@ON_POSTGRES
async def test_an_incident_waits_for_a_hook_that_is_being_removed(
    plant: Plant, beside: Plant, hooks: HookRepository
) -> None:
    await hook(hooks, plant)
    source = await plant.add("Shop")
    async with beside.database.write() as connection:
        await connection.execute(sa.delete(alert_hooks))
        failing = asyncio.create_task(plant.fail(source))
        await asyncio.wait({failing}, timeout=1)
    await failing
    assert len(await plant.incidents()) == 1
    assert await moments(plant) == []


@ON_POSTGRES
async def test_who_joins_while_the_beginning_is_claimed_is_told(
    plant: Plant, beside: Plant, hooks: HookRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a look at what waits and the commit another process may send it, with what it read before."""
    await hook(hooks, plant)
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    await plant.fail(shop)
    announce, named = outbox._announce, list[str]()

    async def interrupted(connection: Connection, pairs: list[Any], moment: str, now: datetime) -> None:
        if moment == outbox.GROWN:
            for delivery in await claim(beside, 21, GATHER):
                record = await beside.shown.get(delivery.incident_id)
                assert record is not None
                named.extend(member.name for member in record.members)
        await announce(connection, pairs, moment, now)

    monkeypatch.setattr(outbox, "_announce", interrupted)
    await plant.fail(blog, 20)
    assert named == []
    (delivery,) = await claim(plant, 22, GATHER)
    record = await plant.shown.get(delivery.incident_id)
    assert record is not None
    assert [member.name for member in record.members] == ["Shop", "Blog"]


async def test_removing_hooks_while_incidents_begin_loses_no_turn(
    plant: Plant, beside: Plant, hooks: HookRepository
) -> None:
    uids = [await hook(hooks, plant) for _ in range(8)]
    records = [await hooks.named("acme", uid) for uid in uids]
    sources = [await plant.add(f"s{number}") for number in range(8)]
    failing = (plant.fail(source, host=f"h{number}") for number, source in enumerate(sources))
    removing = (HookRepository(beside.database, hooks._vault).remove(record) for record in records)
    await asyncio.gather(*(each for pair in zip(failing, removing, strict=True) for each in pair))
    assert sum(len(incident.members) for incident in await plant.incidents()) == 8
    assert await moments(plant) == []


async def test_a_clock_that_was_set_back_holds_up_no_beginning(plant: Plant, hooks: HookRepository) -> None:
    await hook(hooks, plant)
    await plant.fail(await plant.add("Shop"))
    assert len(await claim(plant, -3600, GATHER)) == 1
    assert await claim(plant, -3600, GATHER) == ()


async def test_a_clock_that_was_set_back_holds_up_nothing_that_was_tried(plant: Plant, hooks: HookRepository) -> None:
    await hook(hooks, plant)
    await plant.fail(await plant.add("Shop"))
    (delivery,) = await claim(plant)
    await Outbox(plant.database).failed(delivery, "timeout", NOW + timedelta(hours=1))
    assert await claim(plant) == ()
    assert len(await claim(plant, -86_400)) == 1
    assert await claim(plant, -86_400) == ()

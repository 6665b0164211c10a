"""Keys are rotated while others write: nothing is lost, and the old key is no longer needed."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import Conflict, Forbidden, StartupError
from core.models import Actor, Role
from core.services.keys import Keys
from core.storage.key_file import held, read_key_file
from core.storage.keys import open_keyring
from core.storage.sources import SourceChanges
from core.storage.tables import alert_hooks, metadata, sources
from tests.services.keyed import OPERATOR, Keyed

pytestmark = pytest.mark.anyio
ONE, TWO = (f"k{number}:{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2))


@pytest.fixture
async def keyed(tmp_path: Path, database_url: str, anyio_backend: str) -> AsyncIterator[Keyed]:
    made = await Keyed.open(tmp_path, database_url)
    yield made
    await made.database.close()


@pytest.fixture
async def beside(keyed: Keyed, tmp_path: Path, database_url: str) -> AsyncIterator[Keyed]:
    """Another process, which read the keys before they are rotated."""
    made = await Keyed.open(tmp_path, database_url)
    yield made
    await made.database.close()


async def test_the_new_key_alone_opens_everything_and_only_the_wrapping_changed(keyed: Keyed) -> None:
    for number in range(120):  # more than a page
        await keyed.add(f"s{number}")
    await keyed.add_hook()
    before, (old,) = await keyed.rows(), read_key_file(keyed.settings.key_path)
    done = await keyed.keys.rotate(OPERATOR)
    (new,) = read_key_file(keyed.settings.key_path)
    assert (done.ok, done.continued, done.rewrapped, done.removed, done.key) == (True, False, 121, (old,), new)
    after = await keyed.rows()
    assert {row.sealed.kek_id for row in after} == {new} != {old}
    assert [row.sealed.ciphertext for row in after] == [row.sealed.ciphertext for row in before]
    assert [config.get("password") for config in await keyed.opened()] == [*(f"of s{n}" for n in range(120)), None]


async def test_a_rotation_is_audited_with_ids_alone(keyed: Keyed) -> None:
    await keyed.add("s")
    done = await keyed.keys.rotate(OPERATOR)
    (line,) = (await keyed.keys._audit.lines(OPERATOR, None)).items
    assert (line.action, line.org, line.actor, line.target) == ("keys.rotate", None, "operator", done.key)
    assert line.after == {"rewrapped": 1, "removed": list(done.removed), "unopened": 0}


async def test_a_rotation_waits_for_whoever_is_writing_with_the_old_key(keyed: Keyed, beside: Keyed) -> None:
    await keyed.add("first")
    async with beside.database.together():
        await beside.add("late")
        await beside.add_hook()
        rotation = asyncio.create_task(keyed.keys.rotate(OPERATOR))
        await asyncio.wait({rotation}, timeout=0.5)
        assert not rotation.done()
    assert (await rotation).ok
    assert len(await keyed.opened()) == 3


async def test_a_process_that_read_the_old_keys_seals_with_the_new_one_and_still_opens_what_it_read(
    keyed: Keyed, beside: Keyed
) -> None:
    read_before = await beside.add("before")
    await keyed.keys.rotate(OPERATOR)
    after = await beside.add("after")
    changed = await beside.sources.update(read_before, SourceChanges(config={"password": "x"}), expected_version=1)
    assert {after.sealed.kek_id, changed.sealed.kek_id} == set(read_key_file(keyed.settings.key_path))
    assert beside.sources.config(read_before) == {"password": "of before"}
    assert len(await keyed.opened()) == 2


async def test_a_row_that_was_changed_meanwhile_is_not_overwritten(keyed: Keyed) -> None:
    record = await keyed.add("s")
    stale = await keyed.rows()
    await keyed.sources.update(record, SourceChanges(config={"password": "new"}), expected_version=1)
    assert await keyed.keys._sealed.rewrap((row, row.sealed) for row in stale) == 0
    assert await keyed.opened() == [{"password": "new"}]


async def test_a_rotation_that_has_begun_is_finished_and_not_doubled(keyed: Keyed) -> None:
    await keyed.add("s")
    begun, (old,) = keyed.keys, read_key_file(keyed.settings.key_path)
    begun._begin()
    new = next(iter(read_key_file(keyed.settings.key_path)))
    await keyed.add("between")
    done = await keyed.keys.rotate(OPERATOR)
    assert (done.key, done.continued, done.removed, done.rewrapped) == (new, True, (old,), 1)
    assert len(await keyed.opened()) == 2


@pytest.mark.parametrize("table", [sources, alert_hooks])
async def test_with_a_row_that_does_not_open_no_key_is_taken_away(keyed: Keyed, table: sa.Table) -> None:
    record = await keyed.add("s")
    await keyed.add_hook()
    async with keyed.database.write() as connection:
        await connection.execute(sa.update(table).values(wrapped_key=b"rubbish"))
    (old,) = read_key_file(keyed.settings.key_path)
    done = await keyed.keys.rotate(OPERATOR)
    assert (done.ok, done.removed, done.unneeded) == (False, (), ())
    assert [(row.table, row.key, row.reason) for row in done.unopened] == [(table.name, old, "seal_broken")]
    assert table is alert_hooks or done.unopened[0].id == str(record.uid)
    assert list(read_key_file(keyed.settings.key_path)) == [done.key, old]


async def test_verify_opens_everything_and_tells_what_needs_which_key(keyed: Keyed) -> None:
    await keyed.add("s")
    (own,) = read_key_file(keyed.settings.key_path)
    with keyed.settings.key_path.open("a") as file:
        file.write(f"{ONE}\n")
    report = await keyed.keys.verify(OPERATOR)
    assert (report.ok, dict(report.rows), report.keys, report.unneeded) == (True, {own: 1}, (own, "k1"), ("k1",))
    keyed.settings.key_path.write_text(f"{TWO}\n")
    missing = await keyed.keys.verify(OPERATOR)
    assert [(row.key, row.reason) for row in missing.unopened] == [(own, "key_unknown")]
    keyed.settings.key_path.unlink()
    assert not (await keyed.keys.verify(OPERATOR)).ok


async def test_keys_of_the_environment_are_brought_to_the_first_one(tmp_path: Path, database_url: str) -> None:
    old = await Keyed.open(tmp_path, database_url, keks=ONE)
    await old.add("s")
    with pytest.raises(Conflict, match="keys_one"):
        await old.keys.rotate(OPERATOR)
    both = await Keyed.open(tmp_path, database_url, keks=f"{TWO},{ONE}")
    done = await both.keys.rotate(OPERATOR)
    assert (done.key, done.rewrapped, done.removed, done.unneeded) == ("k2", 1, (), ("k1",))
    again = await both.keys.rotate(OPERATOR)
    assert (again.rewrapped, again.unneeded) == (0, ("k1",))
    assert not (tmp_path / "keys").exists()
    for each in (old, both):
        await each.database.close()


async def test_a_process_that_goes_on_writing_with_the_old_key_is_told_of(tmp_path: Path, database_url: str) -> None:
    other = await Keyed.open(tmp_path, database_url, keks=ONE)
    both = await Keyed.open(tmp_path, database_url, keks=f"{TWO},{ONE}")
    keys = both.keys

    async def then_another_writes(key: str) -> int:
        stored = await Keys._rewrap(keys, key)
        await other.add("late")
        return stored

    keys._rewrap = then_another_writes  # type: ignore[method-assign]
    done = await keys.rotate(OPERATOR)
    assert [(row.key, row.reason) for row in done.unopened] == [("k1", "key_old")]
    assert done.unneeded == ()
    for each in (other, both):
        await each.database.close()


async def test_a_file_for_reading_only_is_left_as_it_is(keyed: Keyed) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    await keyed.add("s")
    keyed.settings.key_path.chmod(0o400)
    with pytest.raises(Conflict, match="keys_one"):
        await keyed.keys.rotate(OPERATOR)


async def test_one_rotation_at_a_time(keyed: Keyed) -> None:
    with held(keyed.settings.key_path), pytest.raises(Conflict, match="keys_rotate"):
        await keyed.keys.rotate(OPERATOR)
    assert (await keyed.keys.rotate(OPERATOR)).ok


async def test_the_file_stays_its_owners_alone_and_a_link_stays_a_link(keyed: Keyed, tmp_path: Path) -> None:
    path, real = keyed.settings.key_path, tmp_path / "elsewhere"
    real.mkdir()
    path.rename(real / "keys")
    path.symlink_to(real / "keys")
    await keyed.keys.rotate(OPERATOR)
    assert path.is_symlink()
    assert (real / "keys").stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in real.iterdir()] == ["keys"]


async def test_only_a_server_administrator_touches_keys(keyed: Keyed) -> None:
    member = Actor("m", {"acme": Role.ADMIN})
    for call in (keyed.keys.rotate, keyed.keys.verify):
        with pytest.raises(Forbidden):
            await call(member)


async def test_a_start_beside_a_rotation_is_not_refused(
    keyed: Keyed, beside: Keyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keyed.add("s")
    from core.storage import keys as module

    look = module.sealing_keys
    once = [keyed.keys.rotate]

    async def then_rotated(database: object) -> frozenset[str]:
        needed = await look(beside.database)
        while once:
            await once.pop()(OPERATOR)
        return needed

    monkeypatch.setattr(module, "sealing_keys", then_rotated)
    keyring = await open_keyring(beside.settings, beside.database)
    assert all(map(keyring.knows, read_key_file(keyed.settings.key_path)))


def test_every_table_with_a_sealed_column_is_rotated() -> None:
    from core.storage.sealed import VERSIONS

    assert {name for name, table in metadata.tables.items() if "kek_id" in table.columns} == set(VERSIONS)


async def test_a_full_disk_leaves_the_file_as_it_was(keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    await keyed.add("s")
    before = keyed.settings.key_path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StartupError, match="key_file_unwritable"):
        await keyed.keys.rotate(OPERATOR)
    assert keyed.settings.key_path.read_bytes() == before
    assert not keyed.settings.key_path.with_name("keys.new").exists()


async def test_where_nothing_is_sealed_no_key_is_taken_away(keyed: Keyed) -> None:
    """It may be the wrong database, and the only key of another one."""
    (old,) = read_key_file(keyed.settings.key_path)
    done = await keyed.keys.rotate(OPERATOR)
    assert (done.ok, done.removed, done.unneeded) == (True, (), (old,))
    assert old in read_key_file(keyed.settings.key_path)

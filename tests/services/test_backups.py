"""A backup is whole, of one moment, and without the keys; restoring one refuses before it changes anything."""

import sqlite3
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from core.errors import BackupError, Forbidden, StartupError
from core.models import Actor, Role
from core.services.audit import Audit
from core.services.backups import Backups
from core.settings import Settings
from core.storage.audit import AuditRepository
from core.storage.database import Database
from core.storage.invitations import InvitationRecord
from core.storage.key_file import read_key_file
from core.storage.lock import DataDirLock
from core.storage.migrations import HEAD
from core.storage.people_records import PeopleRecords
from core.storage.sessions import SessionRecord
from tests.services.keyed import OPERATOR, Keyed

pytestmark = pytest.mark.anyio


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'cheshmeh.db'}"


def read(path: Path | str) -> bytes:
    return Path(path).read_bytes()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def backups(folder: Path) -> Backups:
    return Backups(Settings(_env_file=None, data_dir=folder))


@pytest.fixture
async def keyed(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Keyed]:
    made = await Keyed.open(tmp_path / "data", url_of(tmp_path / "data"))
    await made.add("s")
    yield made
    await made.database.close()


@pytest.fixture
async def file(keyed: Keyed, tmp_path: Path) -> Path:
    """A backup of it."""
    await backups(tmp_path / "data").make(OPERATOR, tmp_path / "backup")
    return tmp_path / "backup"


async def test_a_backup_holds_what_is_not_yet_in_the_main_file_and_no_key(keyed: Keyed, tmp_path: Path) -> None:
    target, ((kek_id, key),) = tmp_path / "backup", read_key_file(keyed.settings.key_path).items()
    assert (tmp_path / "data" / "cheshmeh.db-wal").stat().st_size > 0
    made = await backups(tmp_path / "data").make(OPERATOR, target)
    assert (made.revision, made.keys, made.bytes) == (HEAD, (kek_id,), target.stat().st_size)
    assert target.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["backup", "data"]
    assert key not in read(target)
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT name FROM sources").fetchall() == [("s",)]
        assert connection.execute("SELECT action, target FROM audit").fetchall() == [("db.backup", "backup")]


async def test_what_is_there_is_overwritten_only_when_asked_for_and_the_database_never(
    keyed: Keyed, file: Path, tmp_path: Path
) -> None:
    before, service = read(file), backups(tmp_path / "data")
    await keyed.add("later")
    with pytest.raises(BackupError, match="exists"):
        await service.make(OPERATOR, file)
    assert read(file) == before
    await service.make(OPERATOR, file, force=True)
    assert read(file) != before
    with pytest.raises(BackupError, match="exists"):
        await service.make(OPERATOR, tmp_path / "data" / "cheshmeh.db", force=True)
    with pytest.raises(BackupError, match="unwritable"):
        await service.make(OPERATOR, tmp_path / "missing" / "backup")


async def test_into_an_empty_folder_with_the_key_file_and_everything_opens(
    keyed: Keyed, file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "keys").write_bytes(keyed.settings.key_path.read_bytes())
    done = await backups(other).restore(OPERATOR, file)
    assert (done.kept, done.upgraded_from, done.revision) == (None, None, HEAD)
    assert (other / "cheshmeh.db").stat().st_mode & 0o777 == 0o600
    restored = await Keyed.open(other, url_of(other))
    assert await restored.opened() == [{"password": "of s"}]
    (line, *_) = (await Audit(AuditRepository(restored.database)).lines(OPERATOR, None)).items
    assert (line.action, line.target) == ("db.restore", "backup")
    await restored.database.close()


async def test_whoever_has_the_database_open_sees_what_was_restored_and_the_old_one_is_kept(
    keyed: Keyed, file: Path, tmp_path: Path
) -> None:
    await keyed.add("after the backup")
    done = await backups(tmp_path / "data").restore(OPERATOR, file)
    assert [row.uid for row in await keyed.rows()] == [(await keyed.sources.of_org("acme"))[0].uid]
    await keyed.add("after the restore")
    assert len(await keyed.opened()) == 2
    assert done.kept
    with closing(sqlite3.connect(done.kept)) as kept:
        assert kept.execute("SELECT name FROM sources").fetchall() == [("s",), ("after the backup",)]


async def test_a_damaged_database_is_put_aside_with_what_belongs_to_it(
    keyed: Keyed, file: Path, tmp_path: Path
) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    other.mkdir()
    (other / "keys").write_bytes(read(data / "keys"))
    wal = read(data / "cheshmeh.db-wal")  # the first page is in it, and hides that the file is no database
    (other / "cheshmeh.db-wal").write_bytes(wal)
    (other / "cheshmeh.db").write_bytes(b"rubbish!" * 40_000)
    done = await backups(other).restore(OPERATOR, file)
    assert done.kept
    assert read(done.kept) == b"rubbish!" * 40_000
    assert read(f"{done.kept}-wal") == wal
    restored = await Keyed.open(other, url_of(other))
    assert await restored.opened() == [{"password": "of s"}]
    await restored.database.close()


async def test_an_older_backup_is_upgraded(keyed: Keyed, tmp_path: Path) -> None:
    old = Database(f"sqlite:///{tmp_path / 'old'}")
    await old.upgrade("0001")
    await old.close()
    done = await backups(tmp_path / "data").restore(OPERATOR, tmp_path / "old")
    assert (done.upgraded_from, done.revision) == ("0001", HEAD)
    assert await keyed.database.check() == []
    assert await keyed.rows() == []
    with closing(sqlite3.connect(tmp_path / "old")) as untouched:
        assert untouched.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE somebody_elses (id INTEGER)")


def cut(path: Path) -> None:
    path.write_bytes(read(path)[:20_000])


def rubbish(path: Path) -> None:
    path.write_bytes(b"rubbish" * 1000)


def another_key(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE sources SET kek_id = 'k-gone'")


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (newer, "database_newer"),
        (foreign, "foreign"),
        (cut, "damaged"),
        (rubbish, "unreadable"),
        (another_key, "keys"),
        (Path.unlink, "missing"),
    ],
)
async def test_what_cannot_be_used_is_refused_and_nothing_changes(
    keyed: Keyed, file: Path, tmp_path: Path, harm: object, reason: str
) -> None:
    assert callable(harm)
    harm(file)
    with pytest.raises((BackupError, StartupError)) as refused:
        await backups(tmp_path / "data").restore(OPERATOR, file)
    assert refused.value.reason == reason
    assert await keyed.opened() == [{"password": "of s"}]
    assert [name for name in names(tmp_path / "data") if ".db." in name] == []


async def test_a_running_dashboard_is_in_the_way(keyed: Keyed, file: Path, tmp_path: Path) -> None:
    lock = DataDirLock(tmp_path / "data")
    lock.acquire()
    with pytest.raises(StartupError, match="data_dir_locked"):
        await backups(tmp_path / "data").restore(OPERATOR, file)
    lock.release()
    assert (await backups(tmp_path / "data").restore(OPERATOR, file)).kept


async def test_a_damaged_database_makes_no_backup(tmp_path: Path) -> None:
    (tmp_path / "cheshmeh.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(BackupError, match="unreadable"):
        await backups(tmp_path).make(OPERATOR, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


async def test_on_a_server_its_own_programs_are_named(tmp_path: Path) -> None:
    service = Backups(Settings(_env_file=None, data_dir=tmp_path, database_url="postgresql://there/app"))
    for call in (service.make, service.restore):
        with pytest.raises(BackupError, match="postgresql"):
            await call(OPERATOR, tmp_path / "backup")


async def test_only_a_server_administrator_takes_data_away_or_brings_it(file: Path, tmp_path: Path) -> None:
    service, member = backups(tmp_path / "data"), Actor("m", {"acme": Role.ADMIN})
    for call in (service.make, service.restore):
        with pytest.raises(Forbidden):
            await call(member, file)


async def test_what_let_somebody_in_then_lets_nobody_in_now(keyed: Keyed, tmp_path: Path) -> None:
    people, now = PeopleRecords.of(keyed.database), datetime.now(UTC)
    later = now + timedelta(hours=1)
    user = await people.people.add_user("mina", None, admin=False, now=now)
    organisation = await people.people.organisation(keyed.org.slug)
    assert organisation is not None
    session = SessionRecord(uuid4(), user.id, now, later, None, None, now, "password")
    await people.sessions.add("session", session)
    await people.links.put_password(user.id, "password", now, later)
    await people.links.add_setup("setup", now, later)
    invitation = InvitationRecord(uuid4(), organisation.id, keyed.org.slug, "", Role.VIEWER, "", "x", now, later)
    await people.invitations.add("invitation", invitation)
    await backups(tmp_path / "data").make(OPERATOR, tmp_path / "backup")
    assert await lets_in(people) == [True] * 4
    await backups(tmp_path / "data").restore(OPERATOR, tmp_path / "backup")
    assert await lets_in(people) == [False] * 4
    assert await people.people.user("mina") == user


async def lets_in(people: PeopleRecords) -> list[bool]:
    now = datetime.now(UTC)
    return [
        await people.sessions.user("session", now) is not None,
        await people.links.password_of("password", now) is not None,
        await people.links.setup_open("setup", now),
        await people.invitations.open("invitation", now) is not None,
    ]


async def test_another_key_of_the_same_id_is_refused_and_nothing_changes(file: Path, tmp_path: Path) -> None:
    keys = tmp_path / "data" / "keys"
    kek_id = keys.read_text().partition(":")[0]
    keys.write_text(f"{kek_id}:{b64encode(bytes(32)).decode()}\n")
    with pytest.raises(BackupError, match="keys_other") as caught:
        await backups(tmp_path / "data").restore(OPERATOR, file)
    assert caught.value.arguments == {"ids": kek_id, "place": str(keys)}
    assert names(tmp_path) == ["backup", "data"]
    assert not [name for name in names(tmp_path / "data") if "before" in name]


@pytest.mark.parametrize("name", ["x" * 300, "."])
async def test_a_name_that_no_file_can_have_is_refused(keyed: Keyed, tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupError, match="unwritable" if "x" in name else "exists"):
        await backups(tmp_path / "data").make(OPERATOR, tmp_path / name, force=True)
    with pytest.raises(BackupError, match="unreadable"):
        await backups(tmp_path / "data").restore(OPERATOR, tmp_path / name)

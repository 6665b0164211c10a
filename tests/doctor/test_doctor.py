"""The ladder of an installation: what is well is said to be, and each thing broken on purpose is named."""

import json
import os
import socket
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis.asyncio import Redis

from core.doctor.places import MOUNTS, file_system
from core.models import CheckStatus
from core.storage.database import Database
from core.storage.lock import DataDirLock
from core.storage.people import PeopleRepository
from core.storage.tables import sources
from tests.doctor.conftest import Patient
from tests.servers.processes import HOST
from tests.servers.redis import RedisServer
from tests.services.keyed import Keyed
from tests.storage.conftest import ON_POSTGRES, ON_SQLITE
from tests.storage.plant import NOW

pytestmark = pytest.mark.anyio


async def test_of_a_sound_installation_nothing_failed_and_everything_was_looked_at(
    patient: Patient, installed: Keyed
) -> None:
    await PeopleRepository(installed.database).add_user("a", "hash", admin=True, now=NOW)
    found = await patient.ladder()
    assert {step for step, check in found.items() if check.status in (CheckStatus.FAILED, CheckStatus.WARNING)} == set()
    left_out = {step for step, check in found.items() if check.status is CheckStatus.SKIPPED}
    assert left_out - {"integrity"} == {"redis", "worker"}
    assert len(found) == 18


async def test_looking_at_nothing_makes_nothing(patient: Patient) -> None:
    found = await patient.ladder()
    assert not patient.folder.exists()
    assert {check.status for check in found.values()} == {CheckStatus.OK, CheckStatus.SKIPPED}


async def test_wrong_settings_are_all_there_is_to_say(patient: Patient) -> None:
    patient.set(timezone="Nowhere/Land")
    found = await patient.ladder()
    assert [(step, check.status) for step, check in found.items()] == [("config", CheckStatus.FAILED)]


@ON_SQLITE
@pytest.mark.parametrize("mode", [0o755, 0o710])
async def test_a_folder_that_others_may_enter(patient: Patient, installed: Keyed, mode: int) -> None:
    patient.folder.chmod(mode)
    assert await patient.rung("data_dir") == ("warning", "doctor.data_dir.readable")


async def test_a_folder_that_is_a_file(patient: Patient) -> None:
    patient.folder.write_text("")
    assert await patient.rung("data_dir") == ("failed", "error.startup.data_dir")


@ON_SQLITE
@pytest.mark.parametrize(("free", "said"), [(10, ("failed", "full")), (500, ("warning", "low")), (5000, ("ok", "ok"))])
async def test_a_disk_that_fills(
    patient: Patient, installed: Keyed, monkeypatch: pytest.MonkeyPatch, free: int, said: tuple[str, str]
) -> None:
    def few(_folder: Path) -> object:
        return type("usage", (), {"free": free * 2**20})

    monkeypatch.setattr("core.doctor.places.shutil.disk_usage", few)
    assert await patient.rung("data_dir") == (said[0], f"doctor.data_dir.{said[1]}")


def test_the_file_system_is_the_innermost_mounts(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    line = "{id} 1 0:{id} / {place} rw,relatime shared:1 - {kind} source rw\n"
    spaced = f"{tmp_path}/with\\040space"
    places = [("/", "ext4"), (str(tmp_path), "tmpfs"), (str(tmp_path), "nfs4"), (spaced, "cifs")]
    mounts.write_text("".join(line.format(id=n, place=place, kind=kind) for n, (place, kind) in enumerate(places)))
    assert file_system(tmp_path, mounts) == "nfs4"
    assert file_system(tmp_path / "with space" / "deeper", mounts) == "cifs"
    assert file_system(Path("/"), mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "missing") == ""
    assert file_system(tmp_path, MOUNTS)


@pytest.mark.parametrize("kind", ["nfs4", "fuse.sshfs"])
@ON_SQLITE
async def test_a_folder_on_the_network(
    patient: Patient, installed: Keyed, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("core.doctor.places.file_system", lambda *_: kind)
    assert await patient.rung("data_dir") == ("warning", "doctor.data_dir.remote")


@ON_SQLITE
async def test_a_lock_that_no_dashboard_answers_for(patient: Patient, installed: Keyed) -> None:
    lock = DataDirLock(patient.folder)
    lock.acquire()
    assert await patient.rung("lock") == ("warning", "doctor.lock.unknown")
    lock.release()
    assert await patient.rung("lock") == ("ok", "doctor.lock.free")
    lock.acquire()  # nothing of ours still holds it
    lock.release()


@ON_SQLITE
async def test_key_files_that_want_attention(patient: Patient, installed: Keyed) -> None:
    path = installed.settings.key_path
    whole = path.read_text()
    path.write_text(f"{whole}k9:{'A' * 43}=\n")
    assert await patient.rung("keys") == ("warning", "doctor.keys.several")
    path.chmod(0o640)
    assert await patient.rung("keys") == ("warning", "doctor.keys.readable")
    path.write_text("rubbish")
    assert await patient.rung("keys") == ("failed", "error.startup.key_file_corrupt")


@pytest.mark.parametrize("how", ["away", "another"])
async def test_keys_that_rows_need_and_that_are_gone(patient: Patient, installed: Keyed, how: str) -> None:
    if how == "away":
        installed.settings.key_path.unlink()
    else:
        installed.settings.key_path.write_text(f"another:{'A' * 43}=\n")
    assert await patient.rung("sealed") == ("failed", "doctor.sealed.missing")


async def test_a_row_that_does_not_open(patient: Patient, installed: Keyed) -> None:
    async with installed.database.write() as connection:
        await connection.execute(sa.update(sources).values(ciphertext=b"rubbish"))
    assert await patient.rung("sealed") == ("failed", "doctor.sealed.unopened")


@ON_SQLITE
async def test_a_database_that_is_rubbish_and_the_rest_is_looked_at(patient: Patient, installed: Keyed) -> None:
    await installed.database.close()
    (patient.folder / "cheshmeh.db").write_bytes(b"rubbish" * 1000)
    found = await patient.ladder()
    assert found["database"].status is CheckStatus.FAILED
    assert {found[step].status for step in ("sealed", "clock", "administrator", "migrations")} == {CheckStatus.SKIPPED}
    assert {found[step].status for step in ("keys", "port", "drivers")} == {CheckStatus.OK}


@ON_SQLITE
async def test_a_page_at_the_end_that_is_rubbish(patient: Patient, installed: Keyed) -> None:
    await installed.database.close()
    path = patient.folder / "cheshmeh.db"
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xff" * 4096
    path.write_bytes(content)
    assert await patient.rung("integrity") == ("failed", "doctor.integrity.damaged")


async def test_a_server_that_is_not_there(patient: Patient, refused_port: int) -> None:
    patient.set(database_url=f"postgresql://reza:Zq7-never-shown@{HOST}:{refused_port}/app")
    found = await patient.ladder()
    assert found["database"].evidence
    assert found["database"].evidence.key == "error.startup.database_unreachable"
    assert "Zq7" not in repr(found)


@pytest.mark.parametrize("url", ["mysql://there/app", "no address"])
async def test_an_address_that_leads_nowhere(patient: Patient, url: str) -> None:
    patient.set(database_url=url)
    assert (await patient.rung("database"))[0] == "failed"


async def test_tables_of_another_version(patient: Patient, database_url: str) -> None:
    patient.folder.mkdir(mode=0o700)
    patient.set(database_url=database_url)
    database = Database(database_url)
    await database.upgrade()
    for revision, said in (("9999", "failed"), ("0005", "warning")):
        async with database.write() as connection:
            await connection.execute(sa.text("UPDATE alembic_version SET version_num = :given"), {"given": revision})
        found = await patient.ladder()
        assert found["migrations"].status.value == said
        assert found["sealed"].status is CheckStatus.SKIPPED
    await database.close()


async def test_tables_that_somebody_changed(patient: Patient, installed: Keyed) -> None:
    async with installed.database.write() as connection:
        await connection.execute(sa.text("ALTER TABLE sources ADD COLUMN colour TEXT"))
    assert await patient.rung("migrations") == ("failed", "doctor.migrations.drift")


@ON_SQLITE
async def test_a_clock_that_went_back(patient: Patient, installed: Keyed) -> None:
    await installed.database.close()
    later = time.time() + 3600
    os.utime(patient.folder / "cheshmeh.db", (later, later))
    assert await patient.rung("clock") == ("warning", "doctor.clock.behind")


async def test_nobody_can_sign_in(patient: Patient, installed: Keyed) -> None:
    assert await patient.rung("administrator") == ("warning", "doctor.administrator.none")
    patient.set(host="0.0.0.0")  # noqa: S104 - nothing listens
    assert await patient.rung("administrator") == ("failed", "error.startup.open_to_network")


async def test_a_redis_and_none_and_one_that_forgets(patient: Patient, redis: RedisServer, refused_port: int) -> None:
    patient.set(redis_url=redis.url)
    assert await patient.rung("redis") == ("ok", "doctor.redis.ok")
    client = Redis.from_url(redis.url)
    try:
        await client.config_set("maxmemory", "100mb")
        await client.config_set("maxmemory-policy", "allkeys-lru")
        assert await patient.rung("redis") == ("warning", "doctor.redis.evicts")
    finally:
        await client.config_set("maxmemory", "0")
        await client.config_set("maxmemory-policy", "noeviction")
        await client.aclose()
    patient.set(redis_url=f"redis://{HOST}:{refused_port}/0")
    assert await patient.rung("redis") == ("failed", "doctor.redis.away")


@ON_POSTGRES
async def test_workers_that_never_came_and_one_that_died(patient: Patient, installed: Keyed) -> None:
    from core.checks.job_queue import WORKERS, job_queue

    patient.set(checks="worker")
    assert await patient.rung("worker") == ("failed", "doctor.worker.never")
    await job_queue(installed.settings.database_url_text)
    assert await patient.rung("worker") == ("failed", "doctor.worker.away")
    async with installed.database.write() as connection:
        await connection.execute(sa.text(f"INSERT INTO {WORKERS} (last_heartbeat) VALUES (now())"))  # noqa: S608 - ours
    assert await patient.rung("worker") == ("ok", "doctor.worker.ok")


async def test_a_port_that_somebody_else_has(patient: Patient) -> None:
    with socket.create_server((HOST, 0)) as other:
        patient.set(port=str(other.getsockname()[1]))
        assert await patient.rung("port") == ("failed", "error.startup.port_busy")


async def test_a_dashboard_that_lives_and_does_not_answer(patient: Patient, refused_port: int) -> None:
    patient.folder.mkdir(mode=0o700)
    announced = {"pid": os.getpid(), "url": f"http://{HOST}:{refused_port}", "token": "t"}
    (patient.folder / "server.json").write_text(json.dumps(announced))
    assert await patient.rung("port") == ("failed", "doctor.port.silent")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"oidc_issuer": "https://id.example.ir"}, "oidc_half"),
        ({"checks": "worker"}, "worker_on_sqlite"),
        ({"admin_password_file": "/nowhere"}, "password_file"),
    ],
)
async def test_what_a_start_would_refuse_of_the_settings_is_said(
    patient: Patient, settings: dict[str, str], said: str
) -> None:
    patient.set(**settings)
    found = await patient.ladder()
    assert await patient.rung("config") == ("failed", f"error.startup.{said}")
    assert found["lock"].status is not CheckStatus.FAILED


async def test_a_place_that_cannot_be_listened_to_is_not_called_busy(patient: Patient) -> None:
    patient.set(host="203.0.113.5")
    assert await patient.rung("port") == ("failed", "error.startup.port_refused")


async def test_what_nobody_foresaw_is_a_rung_that_failed(patient: Patient) -> None:
    patient.set(host="\udcff")
    assert await patient.rung("port") == ("failed", "doctor.unforeseen")


async def test_workers_without_a_redis_are_warned_of(patient: Patient, postgres_url: str) -> None:
    patient.set(database_url=postgres_url, checks="worker")
    assert await patient.rung("redis") == ("warning", "doctor.redis.apart")

"""Where keys come from: made once, never overwritten, never missing unnoticed."""

import base64
from pathlib import Path
from typing import Any

import pytest

from core.errors import StartupError
from core.models import Organisation, SourceDraft
from core.settings import Settings
from core.storage.database import Database
from core.storage.encryption import Keyring, SealBroken, Vault
from core.storage.key_file import create_key_file, read_key_file
from core.storage.keys import open_keyring
from core.storage.sources import SourceRecord, SourceRepository

pytestmark = pytest.mark.anyio

ONE, TWO = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
CORRUPT = {
    "empty": "",
    "no id": f":{ONE}",
    "no key": "k1:",
    "not base64": "k1:!!!!",
    "too short": f"k1:{base64.b64encode(bytes(31)).decode()}",
    "too long": f"k1:{base64.b64encode(bytes(33)).decode()}",
    "one id twice": f"k1:{ONE}\nk1:{TWO}",
    "letters of another alphabet": f"کلید:{ONE}",
    "one wrong line": f"k1:{ONE}\nrubbish",
}


async def test_the_first_start_makes_a_key_for_its_owner_alone(database: Database, tmp_path: Path) -> None:
    await open_keyring(_settings(tmp_path), database)
    path = tmp_path / "keys"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [len(key) for key in read_key_file(path).values()] == [32]
    assert [name for name in _left_in(tmp_path) if name != "data"] == ["keys"]


async def test_the_second_start_reads_the_same_key(database: Database, tmp_path: Path, org: Organisation) -> None:
    record = await _sealed_under(_settings(tmp_path), database, org)
    again = SourceRepository(database, Vault(await open_keyring(_settings(tmp_path), database)))
    assert again.config(record) == {"password": "s3cret"}


async def test_no_key_is_made_where_something_is_sealed(database: Database, tmp_path: Path, org: Organisation) -> None:
    await _sealed_under(_settings(tmp_path), database, org)
    (tmp_path / "keys").unlink()
    await _assert_refused(_settings(tmp_path), database, "key_missing", path=str(tmp_path / "keys"))
    assert not (tmp_path / "keys").exists()


async def test_a_file_with_other_keys_is_refused(database: Database, tmp_path: Path, org: Organisation) -> None:
    record = await _sealed_under(_settings(tmp_path), database, org)
    (tmp_path / "keys").write_text(f"another:{TWO}\n")
    told = {"path": str(tmp_path / "keys"), "ids": record.sealed.kek_id}
    await _assert_refused(_settings(tmp_path), database, "key_absent", **told)


async def test_a_file_that_cannot_be_looked_for_is_refused(database: Database, tmp_path: Path) -> None:
    path = tmp_path / ("k" * 300)
    await _assert_refused(_settings(tmp_path, kek_file=path), database, "key_file_unreadable", path=str(path))


@pytest.mark.parametrize("text", CORRUPT.values(), ids=CORRUPT)
async def test_a_corrupt_file_is_named_and_left_as_it_is(database: Database, tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    path.write_text(text, "utf-8")
    await _assert_refused(_settings(tmp_path), database, "key_file_corrupt", path=str(path))
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize("text", [text for text in CORRUPT.values() if text], ids=list(CORRUPT)[1:])
async def test_malformed_keys_of_the_environment_are_not_repeated(
    database: Database, tmp_path: Path, text: str
) -> None:
    await _assert_refused(_settings(tmp_path, keks=text.replace("\n", ",")), database, "keks")


async def test_keys_of_the_environment_need_no_file(database: Database, tmp_path: Path, org: Organisation) -> None:
    record = await _sealed_under(_settings(tmp_path, keks=f"k2:{TWO},k1:{ONE}"), database, org)
    assert record.sealed.kek_id == "k2"
    assert not (tmp_path / "keys").exists()
    await _assert_refused(_settings(tmp_path, keks=f"k1:{ONE}"), database, "keks_missing", ids="k2")


def test_a_key_that_another_process_made_is_left_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"k1:{ONE}\n")
    create_key_file(path)
    assert list(read_key_file(path)) == ["k1"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="key_file_unwritable"):
        create_key_file(tmp_path / "missing" / "keys")


def test_a_rotated_file_is_read_again_when_an_unknown_key_is_met(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"k1:{ONE}\n")
    running = Keyring(read_key_file(path), path)
    path.write_text(f"k2:{TWO}\nk1:{ONE}\n")
    kek_id, wrapped = Keyring(read_key_file(path)).wrap(bytes(32), b"row")
    assert (kek_id, running.unwrap(kek_id, wrapped, b"row")) == ("k2", bytes(32))


def test_a_file_that_breaks_while_running_takes_no_key_away(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"k1:{ONE}\n")
    running = Keyring(read_key_file(path), path)
    kek_id, wrapped = running.wrap(bytes(32), b"row")
    path.write_text("half a li")
    with pytest.raises(SealBroken, match="key_unknown"):
        running.unwrap("k2", wrapped, b"row")
    assert running.unwrap(kek_id, wrapped, b"row") == bytes(32)


def _left_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _settings(folder: Path, **options: Any) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **options)


async def _sealed_under(settings: Settings, database: Database, org: Organisation) -> SourceRecord:
    repository = SourceRepository(database, Vault(await open_keyring(settings, database)))
    return await repository.add(org, SourceDraft("postgres", "Shop", {}), {"password": "s3cret"})


async def _assert_refused(settings: Settings, database: Database, reason: str, **arguments: str) -> None:
    with pytest.raises(StartupError) as refusal:
        await open_keyring(settings, database)
    assert (refusal.value.reason, refusal.value.arguments) == (reason, arguments)
    assert ONE not in repr(refusal.value.__cause__)

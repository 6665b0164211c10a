"""What a thief of the database file would find."""

from pathlib import Path

import pytest

from core.access.identity import Access
from core.models import Role

pytestmark = pytest.mark.anyio
PASSWORD, OTHER = "correct horse battery", "staple of the mind"


async def test_no_secret_stands_in_the_database_files(access: Access, tmp_path: Path) -> None:
    used, open_code = await access.new_setup_code(), ""
    session = await access.complete_setup(used, "admin", PASSWORD, None)
    open_code = await access.new_setup_code()
    await access.add_user("mina", OTHER)
    second = await access.sign_in("mina", OTHER)
    token = await access.add_token("main", Role.VIEWER, frozenset(), 90, "continuous integration")
    stored = _stored(tmp_path)
    assert b"continuous integration" in stored
    for secret in (PASSWORD, OTHER, session, second, used, open_code, token.token, token.token.removeprefix("chsh_")):
        assert secret.encode() not in stored


def _stored(folder: Path) -> bytes:
    paths = sorted(folder.glob("cheshmeh.db*"))
    assert [path.name for path in paths][:3] == ["cheshmeh.db", "cheshmeh.db-shm", "cheshmeh.db-wal"]
    return b"".join(path.read_bytes() for path in paths)

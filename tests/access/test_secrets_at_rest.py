"""What a thief of the database would find."""

import pytest

from core.access.identity import Access
from core.models import Role
from tests.access.conftest import Owner
from tests.servers.application import stored

pytestmark = pytest.mark.anyio
PASSWORD, OTHER = "correct horse battery", "staple of the mind"


async def test_no_secret_stands_in_the_database(access: Access, owner: Owner, database_url: str) -> None:
    used, open_code = await access.new_setup_code(), ""
    session = await access.complete_setup(used, "admin", PASSWORD, None)
    open_code = await access.new_setup_code()
    await owner.add_user("mina", OTHER)
    second = await access.sign_in("mina", OTHER)
    token = await owner.add_token("main", Role.VIEWER, frozenset(), 90, "continuous integration")
    found = stored(database_url)
    assert b"continuous integration" in found
    for secret in (PASSWORD, OTHER, session, second, used, open_code, token.token, token.token.removeprefix("chsh_")):
        assert secret.encode() not in found

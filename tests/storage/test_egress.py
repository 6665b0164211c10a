"""An organisation's list of addresses, as rows."""

import pytest

from core.errors import NotFound
from core.models import Organisation
from core.storage.database import Database
from core.storage.egress import EgressRepository
from core.storage.people import PeopleRepository
from tests.storage.conftest import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
def kept(database: Database) -> EgressRepository:
    return EgressRepository(database)


async def test_a_list_is_replaced_whole_and_tells_what_was_there(kept: EgressRepository, org: Organisation) -> None:
    assert await kept.replace("acme", ("10.0.0.0/8", "db.test")) == ()
    assert await kept.replace("acme", ("db.test", "a.test")) == ("10.0.0.0/8", "db.test")
    assert await kept.lists(["acme"]) == {"acme": ("a.test", "db.test")}
    assert await kept.replace("acme", ()) == ("a.test", "db.test")
    assert await kept.lists(["acme"]) == {}
    assert await kept.revisions() == {"acme": (org.id, 3)}


async def test_each_organisation_has_its_own(
    kept: EgressRepository, people: PeopleRepository, org: Organisation
) -> None:
    other = await people.add_organisation("other", "Other", NOW)
    assert await kept.revisions() == {}
    await kept.replace("other", ("b.test",))
    await kept.replace("acme", ("a.test",))
    assert await kept.lists(["acme", "other"]) == {"acme": ("a.test",), "other": ("b.test",)}
    assert await kept.lists(["acme"]) == {"acme": ("a.test",)}
    assert await kept.revisions() == {"acme": (org.id, 1), "other": (other.id, 1)}


async def test_an_organisation_that_is_not_there_has_no_list(kept: EgressRepository) -> None:
    with pytest.raises(NotFound):
        await kept.replace("nobody", ("a.test",))

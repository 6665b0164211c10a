"""Organisations and people by what they are called."""

from core.errors import NotFound
from core.models import Organisation
from core.storage.people import PeopleRepository, UserRecord


async def organisation_named(people: PeopleRepository, slug: str) -> Organisation:
    """Raises NotFound."""
    organisation = await people.organisation(slug)
    if organisation is None:
        raise NotFound("organisation", name=slug)
    return organisation


async def user_named(people: PeopleRepository, name: str) -> UserRecord:
    """Raises NotFound."""
    user = await people.user(name)
    if user is None:
        raise NotFound("user", name=name)
    return user

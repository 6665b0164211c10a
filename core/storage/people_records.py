"""All that is stored about people, as those who decide over access are handed it."""

from dataclasses import dataclass
from typing import Self

from core.storage.database import Database
from core.storage.invitations import InvitationRepository
from core.storage.links import LinkRepository
from core.storage.people import PeopleRepository
from core.storage.sessions import SessionRepository
from core.storage.tokens import TokenRepository


@dataclass(frozen=True, slots=True)
class PeopleRecords:
    people: PeopleRepository
    sessions: SessionRepository
    tokens: TokenRepository
    links: LinkRepository
    invitations: InvitationRepository

    @classmethod
    def of(cls, database: Database) -> Self:
        return cls(
            PeopleRepository(database),
            SessionRepository(database),
            TokenRepository(database),
            LinkRepository(database),
            InvitationRepository(database),
        )

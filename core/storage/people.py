"""Organisations, users and memberships. Passwords arrive here already hashed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict
from core.folding import fold
from core.models import Organisation, Role
from core.storage.row_locks import lock_organisations, lock_table
from core.storage.statements import Statements
from core.storage.tables import browser_sessions, memberships, organisations, users

LOCAL, OIDC = "local", "oidc"
"""Where a membership comes from: somebody here gave it, or an identity provider's groups did."""


@dataclass(frozen=True, slots=True)
class UserRecord:
    id: int
    name: str
    password_hash: str | None = field(repr=False)
    server_admin: bool
    disabled_at: datetime | None = None
    file_password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MemberRecord:
    user_id: int
    name: str
    role: Role
    origin: str
    disabled: bool

    @property
    def counts_as_admin(self) -> bool:
        return self.role is Role.ADMIN and not self.disabled


class PeopleRepository(Statements):
    """Every query about people; no rule of access is decided here."""

    async def organisation(self, slug: str) -> Organisation | None:
        found = [org for org in await self.organisations() if org.slug == slug]
        return found[0] if found else None

    async def organisations(self) -> tuple[Organisation, ...]:
        """In the order of their creation."""
        query = sa.select(organisations.c.id, organisations.c.slug, organisations.c.name).order_by(organisations.c.id)
        return tuple(Organisation(row.id, row.slug, row.name) for row in await self._all(query))

    async def add_organisation(self, slug: str, name: str, now: datetime) -> Organisation:
        """Raises Conflict for a slug that is taken."""
        key = await self._insert(organisations, {"slug": slug, "name": name, "created_at": now}, "slug_taken", slug)
        return Organisation(key, slug, name)

    async def user(self, name: str) -> UserRecord | None:
        return await self._user(users.c.name_folded == fold(name))

    async def user_of_id(self, user_id: int) -> UserRecord | None:
        return await self._user(users.c.id == user_id)

    async def held(self, user_id: int) -> UserRecord | None:
        """As it stays until the transaction ends: who changes it waits."""
        return await self._user(users.c.id == user_id, held=True)

    async def users(self) -> tuple[UserRecord, ...]:
        return tuple(UserRecord(**row._mapping) for row in await self._all(_user_rows().order_by(users.c.id)))

    async def add_user(self, name: str, password_hash: str | None, *, admin: bool, now: datetime) -> UserRecord:
        """Raises Conflict for a name that is taken, folded."""
        values = {"name": name, "name_folded": fold(name), "password_hash": password_hash, "server_admin": admin}
        key = await self._insert(users, values | {"created_at": now}, "user_taken", name)
        return UserRecord(key, name, password_hash, admin)

    async def make_administrator(self, user_id: int, password_hash: str) -> None:
        """A server administrator with this password, whoever was disabled too. Ends the user's sessions as well."""
        async with self._database.write() as connection:
            values = {"password_hash": password_hash, "server_admin": True, "disabled_at": None}
            await connection.execute(sa.update(users).where(users.c.id == user_id).values(values))
            await connection.execute(sa.delete(browser_sessions).where(browser_sessions.c.user_id == user_id))

    async def remember_file(self, user_id: int, password_hash: str) -> None:
        """Which password a container's file set last."""
        await self._write(sa.update(users).where(users.c.id == user_id).values(file_password_hash=password_hash))

    async def set_password(self, user_id: int, password_hash: str) -> None:
        await self._write(sa.update(users).where(users.c.id == user_id).values(password_hash=password_hash))

    async def set_disabled(self, user_id: int, moment: datetime | None) -> None:
        await self._write(sa.update(users).where(users.c.id == user_id).values(disabled_at=moment))

    async def administrators_with_password(self) -> int:
        """How many could sign in."""
        able = users.c.server_admin, users.c.password_hash.is_not(None), users.c.disabled_at.is_(None)
        found = await self._all(sa.select(sa.func.count()).select_from(users).where(*able))
        return int(found[0][0])

    async def lock_users(self) -> None:
        """Nobody else changes any user until the transaction ends (`Database.together`)."""
        async with self._database.write() as connection:
            await lock_table(connection, users)

    async def set_member(self, user_id: int, org_id: int, role: Role, origin: str = LOCAL) -> None:
        values = {"role": role.label, "origin": origin}
        upsert = self._database.insert(memberships).values(user_id=user_id, org_id=org_id, **values)
        await self._write(upsert.on_conflict_do_update(index_elements=["user_id", "org_id"], set_=values))

    async def remove_member(self, user_id: int, org_id: int) -> None:
        mine = memberships.c.user_id == user_id, memberships.c.org_id == org_id
        await self._write(sa.delete(memberships).where(*mine))

    async def roles_of(self, user_id: int) -> dict[str, Role]:
        query = sa.select(organisations.c.slug, memberships.c.role).join(memberships)
        return {
            row.slug: Role.parse(row.role) for row in await self._all(query.where(memberships.c.user_id == user_id))
        }

    async def members(self, org_id: int) -> tuple[MemberRecord, ...]:
        columns = (users.c.id, users.c.name, users.c.disabled_at, memberships.c.role, memberships.c.origin)
        query = sa.select(*columns).join_from(memberships, users).where(memberships.c.org_id == org_id)
        return tuple(map(_member, await self._all(query.order_by(users.c.id))))

    async def members_to_change(self, org_id: int) -> tuple[MemberRecord, ...]:
        """As they stay until the transaction ends (`Database.together`): nobody else changes them meanwhile."""
        async with self._database.write() as connection:
            await lock_organisations(connection, [org_id])
        return await self.members(org_id)

    async def _user(self, condition: sa.ColumnElement[bool], *, held: bool = False) -> UserRecord | None:
        query = _user_rows().where(condition)
        row = await self._first(query.with_for_update(read=True) if held else query)
        return UserRecord(**row._mapping) if row else None

    async def _insert(self, table: sa.Table, values: Mapping[str, Any], reason: str, name: str) -> int:
        try:
            async with self._database.write() as connection:
                result = await connection.execute(sa.insert(table).values(dict(values)))
        except IntegrityError:
            raise Conflict(reason, name=name) from None
        key = result.inserted_primary_key
        assert key is not None  # noqa: S101 - a single-row insert always has one
        return int(key[0])


def _user_rows() -> sa.Select[Any]:
    return sa.select(*(users.c[name] for name in UserRecord.__slots__))


def _member(row: sa.Row[Any]) -> MemberRecord:
    return MemberRecord(row.id, row.name, Role.parse(row.role), row.origin, row.disabled_at is not None)

"""Organisations, users, memberships, browser sessions, setup links, tokens. Secrets arrive here already hashed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict
from core.models import Organisation, Role
from core.storage.database import Database
from core.storage.folding import fold
from core.storage.row_locks import lock_table
from core.storage.tables import browser_sessions, memberships, organisations, setup_links, tokens, users


@dataclass(frozen=True, slots=True)
class UserRecord:
    id: int
    name: str
    password_hash: str | None = field(repr=False)
    server_admin: bool


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A bearer token's row; `org` and `role` are None for one over all organisations."""

    uid: UUID
    name: str
    org: str | None
    role: Role | None
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class PeopleRepository:
    """Every query about people; no rule of access is decided here."""

    def __init__(self, database: Database) -> None:
        self._database = database

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

    async def add_user(self, name: str, password_hash: str | None, *, admin: bool, now: datetime) -> UserRecord:
        """Raises Conflict for a name that is taken, folded."""
        values = {"name": name, "name_folded": fold(name), "password_hash": password_hash, "server_admin": admin}
        key = await self._insert(users, values | {"created_at": now}, "user_taken", name)
        return UserRecord(key, name, password_hash, admin)

    async def make_administrator(self, user_id: int, password_hash: str) -> None:
        """A server administrator with this password. Ends the user's sessions in the same transaction."""
        async with self._database.write() as connection:
            values = {"password_hash": password_hash, "server_admin": True}
            await connection.execute(sa.update(users).where(users.c.id == user_id).values(values))
            await connection.execute(sa.delete(browser_sessions).where(browser_sessions.c.user_id == user_id))

    async def administrators_with_password(self) -> int:
        query = sa.select(sa.func.count()).select_from(users)
        found = await self._all(query.where(users.c.server_admin, users.c.password_hash.is_not(None)))
        return int(found[0][0])

    async def set_member(self, user_id: int, org_id: int, role: Role) -> None:
        upsert = self._database.insert(memberships).values(user_id=user_id, org_id=org_id, role=role.label)
        await self._write(upsert.on_conflict_do_update(index_elements=["user_id", "org_id"], set_={"role": role.label}))

    async def roles_of(self, user_id: int) -> dict[str, Role]:
        query = sa.select(organisations.c.slug, memberships.c.role).join(memberships)
        return {
            row.slug: Role.parse(row.role) for row in await self._all(query.where(memberships.c.user_id == user_id))
        }

    async def members(self, org_id: int) -> tuple[tuple[str, Role], ...]:
        query = sa.select(users.c.name, memberships.c.role).join(memberships).where(memberships.c.org_id == org_id)
        return tuple((row.name, Role.parse(row.role)) for row in await self._all(query.order_by(users.c.name)))

    async def add_session(self, token_hash: str, user_id: int, now: datetime, expires_at: datetime) -> None:
        """Expired sessions of anybody go in the same transaction."""
        row = {"token_hash": token_hash, "user_id": user_id, "created_at": now, "expires_at": expires_at}
        async with self._database.write() as connection:
            await connection.execute(sa.delete(browser_sessions).where(browser_sessions.c.expires_at < now))
            await connection.execute(sa.insert(browser_sessions).values(row))

    async def session_user(self, token_hash: str, now: datetime) -> UserRecord | None:
        live = sa.select(browser_sessions.c.user_id).where(
            browser_sessions.c.token_hash == token_hash, browser_sessions.c.expires_at > now
        )
        return await self._user(users.c.id == live.scalar_subquery())

    async def end_session(self, token_hash: str) -> None:
        await self._write(sa.delete(browser_sessions).where(browser_sessions.c.token_hash == token_hash))

    async def add_setup_link(self, code_hash: str, now: datetime, expires_at: datetime) -> None:
        """Earlier links stop working: only the newest one printed is good."""
        async with self._database.write() as connection:
            await lock_table(connection, setup_links)
            await connection.execute(sa.delete(setup_links))
            row = {"code_hash": code_hash, "created_at": now, "expires_at": expires_at}
            await connection.execute(sa.insert(setup_links).values(row))

    async def setup_link_open(self, code_hash: str, now: datetime) -> bool:
        return bool(await self._all(sa.select(setup_links.c.code_hash).where(*_open_link(code_hash, now))))

    async def use_setup_link(self, code_hash: str, now: datetime) -> bool:
        """True for the one caller that used it up."""
        return bool(await self._write(sa.update(setup_links).where(*_open_link(code_hash, now)).values(used_at=now)))

    async def add_token(self, token_hash: str, org_id: int | None, record: TokenRecord) -> None:
        values = {
            "uid": record.uid,
            "name": record.name,
            "token_hash": token_hash,
            "org_id": org_id,
            "role": record.role and record.role.label,
            "scopes": sorted(record.scopes),
            "created_at": record.created_at,
            "expires_at": record.expires_at,
        }
        await self._write(sa.insert(tokens).values(values))

    async def token(self, token_hash: str) -> TokenRecord | None:
        found = await self._all(_token_rows().where(tokens.c.token_hash == token_hash))
        return _token(found[0]) if found else None

    async def tokens(self) -> tuple[TokenRecord, ...]:
        return tuple(map(_token, await self._all(_token_rows().order_by(tokens.c.id))))

    async def revoke_token(self, uid: UUID, now: datetime) -> bool:
        """False when there is no such token."""
        return bool(await self._write(sa.update(tokens).where(tokens.c.uid == uid).values(revoked_at=now)))

    async def _user(self, condition: sa.ColumnElement[bool]) -> UserRecord | None:
        columns = (users.c.id, users.c.name, users.c.password_hash, users.c.server_admin)
        found = await self._all(sa.select(*columns).where(condition))
        return UserRecord(**found[0]._mapping) if found else None

    async def _all(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        async with self._database.read() as connection:
            return list(await connection.execute(query))

    async def _write(self, statement: sa.Executable) -> int:
        async with self._database.write() as connection:
            return (await connection.execute(statement)).rowcount

    async def _insert(self, table: sa.Table, values: Mapping[str, Any], reason: str, name: str) -> int:
        try:
            async with self._database.write() as connection:
                result = await connection.execute(sa.insert(table).values(dict(values)))
        except IntegrityError:
            raise Conflict(reason, name=name) from None
        key = result.inserted_primary_key
        assert key is not None  # noqa: S101 - a single-row insert always has one
        return int(key[0])


def _open_link(code_hash: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    links = setup_links.c
    return links.code_hash == code_hash, links.expires_at > now, links.used_at.is_(None)


def _token_rows() -> sa.Select[Any]:
    return sa.select(tokens, organisations.c.slug.label("org")).select_from(tokens.outerjoin(organisations))


def _token(row: sa.Row[Any]) -> TokenRecord:
    role = Role.parse(row.role) if row.role else None
    scopes, moments = frozenset(row.scopes), (row.created_at, row.expires_at, row.revoked_at)
    return TokenRecord(row.uid, row.name, row.org, role, scopes, *moments)

"""Hooks: where an organisation's incidents are told. Kept by its administrators."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from pydantic_core import PydanticCustomError

from core.connectors.http.address import hook_address, host_of
from core.errors import InvalidInput, NotFound
from core.languages import LANGUAGES
from core.models import Actor, FieldError, Message, Organisation, Role
from core.services.alert_post import AlertPost, Posted
from core.services.audit import Audit
from core.services.rights import require
from core.storage.alert_hooks import HookRecord, HookRepository
from core.storage.people import PeopleRepository

SECRET_MIN, SECRET_MAX = 16, 256
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook as it is shown: of its address the host alone.

    `waiting` messages are still to be sent; `last_error` is the code of what the last attempt met, None when it worked.
    """

    id: UUID
    host: str
    language: str
    created_at: datetime
    waiting: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class NewHook:
    """A hook at the only moment at which its signing secret is shown."""

    hook: Hook
    secret: str = field(repr=False)


class Alerts:
    """Every method raises NotFound for a foreign organisation and Forbidden for anyone but its administrators."""

    def __init__(
        self,
        hooks: HookRepository,
        people: PeopleRepository,
        post: AlertPost,
        language: str,
        audit: Audit,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`language` is that of a hook for which none is asked."""
        self._hooks, self._people, self._post = hooks, people, post
        self._language, self._audit, self._clock = language, audit, clock

    async def hooks(self, actor: Actor, org: str) -> tuple[Hook, ...]:
        """In the order of their creation."""
        require(actor, org, Role.ADMIN)
        return tuple(map(_hook, await self._hooks.of_org(org)))

    async def add(
        self, actor: Actor, org: str, url: str, *, secret: str | None = None, language: str | None = None
    ) -> NewHook:
        """Without a secret one is made. Raises InvalidInput naming `url`, `secret` or `language`."""
        organisation = await self._organisation(actor, org)
        language = _language(language or self._language)
        opened = {"url": _address(url), "secret": secrets.token_urlsafe(SECRET_BYTES) if secret is None else secret}
        _check_secret(opened["secret"])
        async with self._audit.change(actor, org, "hook.create", host_of(url)) as entry:
            uid = await self._hooks.add(organisation, opened, host_of(url), language, self._clock())
            entry.target_id, entry.after = str(uid), {"host": host_of(url), "language": language}
        return NewHook(_hook(await self._hooks.named(org, uid)), opened["secret"])

    async def remove(self, actor: Actor, org: str, hook_id: UUID) -> None:
        """What waits for it is not sent. Raises NotFound."""
        require(actor, org, Role.ADMIN)
        hook = await self._hooks.named(org, hook_id)
        async with self._audit.change(actor, org, "hook.delete", hook.host, hook_id):
            await self._hooks.remove(hook)

    async def test(self, actor: Actor, org: str, hook_id: UUID) -> Posted:
        """Sends a signed message that says it is a test, once. Raises NotFound."""
        require(actor, org, Role.ADMIN)
        return await self._post.trial(await self._hooks.named(org, hook_id), org)

    async def _organisation(self, actor: Actor, org: str) -> Organisation:
        require(actor, org, Role.ADMIN)
        organisation = await self._people.organisation(org)
        if organisation is None:
            raise NotFound()
        return organisation


def _hook(record: HookRecord) -> Hook:
    return Hook(record.uid, record.host, record.language, record.created_at, record.waiting, record.last_error)


def _address(url: str) -> str:
    try:
        return hook_address(url)
    except PydanticCustomError as err:
        raise _wrong("url", Message(f"field.{err.type}")) from None


def _language(language: str) -> str:
    if language not in LANGUAGES:
        raise _wrong("language", Message("field.choice", {"choices": ", ".join(LANGUAGES)}))
    return language


def _check_secret(secret: str) -> None:
    if not SECRET_MIN <= len(secret) <= SECRET_MAX or not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise _wrong("secret", Message("field.hook_secret", {"min": SECRET_MIN, "max": SECRET_MAX}))


def _wrong(name: str, message: Message) -> InvalidInput:
    return InvalidInput(fields=(FieldError(name, message),))

"""What signing in needs of others: somebody who writes it down, who notes last uses, who counts an address."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from uuid import UUID

from core.models import Actor


class Trail(Protocol):
    """The audit, as `core.services.audit.Audit` keeps it."""

    def change(
        self, actor: Actor, org: str | None, action: str, target: str = "", target_id: object = None
    ) -> AbstractAsyncContextManager[Any]: ...

    async def note(
        self, actor: Actor, org: str | None, action: str, target: str, target_id: object = None, **after: Any
    ) -> None: ...


class Uses(Protocol):
    """Remembers when a session or a token was last used. Never waits."""

    def session(self, uid: UUID) -> None: ...

    def token(self, uid: UUID) -> None: ...


class AddressLimit(Protocol):
    """How many failures one address may have in a short while, whatever the names it tries."""

    def admit(self, address: str | None) -> None:
        """Raises TooManyRequests."""

    def failed(self, address: str | None) -> None: ...


class NoUses:
    """Remembers nothing."""

    def session(self, uid: UUID) -> None:
        pass

    def token(self, uid: UUID) -> None:
        pass


class NoAddressLimit:
    """Lets everybody try."""

    def admit(self, address: str | None) -> None:
        pass

    def failed(self, address: str | None) -> None:
        pass

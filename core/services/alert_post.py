"""From a hook and what it is to be told to a signed message on its way, and what came of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from core.connectors.http.webhook import DELIVERY, SIGNATURE, Webhook, signature
from core.errors import SourceError
from core.i18n import Translator, translator
from core.models import Message
from core.services.alert_messages import trial_message
from core.storage.alert_hooks import HookRecord, HookRepository


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of one attempt: `code` is None when it was taken, else `status_500` or the code of an error."""

    delivery: UUID
    code: str | None
    message: Message

    @property
    def ok(self) -> bool:
        return self.code is None


class AlertPost:
    """Signs and sends. Only an answer of 2xx counts as taken."""

    def __init__(
        self,
        hooks: HookRepository,
        webhook: Webhook,
        zone: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._hooks, self._webhook, self._zone, self._clock = hooks, webhook, zone, clock

    def speaking(self, hook: HookRecord) -> Translator:
        return translator(hook.language, self._zone)

    async def trial(self, hook: HookRecord, org: str) -> Posted:
        return await self.send(hook, uuid4(), trial_message(org, self.speaking(hook)))

    async def send(self, hook: HookRecord, delivery: UUID, told: Mapping[str, Any]) -> Posted:
        """One attempt. Whatever goes wrong with the other end is an answer."""
        now = self._clock()
        whole = dict(told) | {"sent_at": now.isoformat(), "delivery": str(delivery)}
        body = json.dumps(whole, ensure_ascii=False).encode()
        try:
            url, secret = self._hooks.open(hook)
            headers = {DELIVERY: str(delivery), SIGNATURE: signature(secret, now, body)}
            status = await self._webhook.post(hook.org_slug, url, headers, body)
        except SourceError as err:
            return Posted(delivery, str(err), err.message)
        taken, word = 200 <= status < 300, "taken" if 200 <= status < 300 else "refused"
        return Posted(delivery, None if taken else f"status_{status}", Message(f"alert.{word}", {"status": status}))

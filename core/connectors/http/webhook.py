"""One signed message to somebody else's address, under the rules of egress that hold for its organisation's sources."""

import asyncio
import hashlib
import hmac
import importlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from core.connectors.base import Environment, Limits
from core.connectors.http.client import HttpClient, Request
from core.connectors.http.tls import TlsConfig
from core.safety.dialling import guarded_dialling
from core.safety.organisations import OrganisationPolicies

if TYPE_CHECKING:
    from yarl import URL

LIMITS = Limits(connect=5, attempt=10, sample=10)
DELIVERY, SIGNATURE = "X-Cheshmeh-Delivery", "X-Cheshmeh-Signature"


class Webhook:
    """Opens a connection for each message, and keeps none."""

    def __init__(self, egress: OrganisationPolicies) -> None:
        self._egress = egress

    async def post(self, org: str, address: str, headers: Mapping[str, str], body: bytes) -> int:
        """On behalf of an organisation. Gives the answer's status and keeps nothing else of it; follows no redirect.

        Raises SourceError, EgressDenied among them.
        """
        # The client's own module imports aiohttp: on the loop that would hold up every call of every source.
        await asyncio.to_thread(importlib.import_module, "core.connectors.http.dial")
        from yarl import URL

        egress = self._egress.of(org)
        client = HttpClient(TlsConfig(), Environment(egress), LIMITS, _posts, "url", decode=False)
        with guarded_dialling(egress):
            try:
                sent = {"Content-Type": "application/json"} | dict(headers)
                return (await client.send(Request("POST", URL(address, encoded=True), sent, body=body), 0)).status
            finally:
                await client.close()


def signature(secret: str, when: datetime, body: bytes) -> str:
    """`t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body", hexadecimal>`: an old message cannot pass for a new one."""
    moment = int(when.timestamp())
    code = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={code}"


def _posts(method: str, _url: "URL", _body: bytes | None) -> bool:
    return method == "POST"

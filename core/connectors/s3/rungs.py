"""The ladder for S3: the network below, then who asks, then whether the prefix may be listed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from core.connectors.base import Environment, Limits
from core.connectors.http.rungs import network_rungs, warned_in_clear
from core.diagnosis.ladder import Found, climb
from core.errors import AuthError, NotFoundInSource, PermissionDenied, SourceError
from core.models import Check, Message

if TYPE_CHECKING:
    from core.connectors.s3.bucket import Bucket


async def ladder(
    config: Any, environment: Environment, limits: Limits, bucket: "Bucket", look: Callable[[], Awaitable[Found]]
) -> AsyncIterator[Check]:
    """Every rung; see `core.models.STEPS`."""
    url = await bucket.url()
    asked = _Asked(config, bucket)
    network = network_rungs(url, config, environment.egress, limits, "endpoint_url")
    rungs = ("auth", asked.who), ("permission", asked.what), ("read_only", asked.read_only), ("sample", look)
    async for check in climb(*network, *rungs):
        yield check


class _Asked:
    """One list request answers both rungs: a refused signature is the first one's, a refused bucket the second's."""

    def __init__(self, config: Any, bucket: "Bucket") -> None:
        self._config, self._bucket = config, bucket
        self._refusal: SourceError | None = None

    async def who(self) -> Found:
        facts: dict[str, str] = {}
        try:
            page = await self._bucket.list(self._config.prefix, 1)
            facts = {"server": page.server} if page.server else {}
        except AuthError:
            raise
        except (PermissionDenied, NotFoundInSource) as err:
            self._refusal = err
        if self._config.access_key_id is None:
            return Found(Message("check.anonymous"), facts=facts)
        found = Found(Message("check.signed", {"key": self._config.access_key_id}), facts=facts)
        if self._config.session_token is None:
            return found
        # The secret key only signs; the token is sent as it is.
        return warned_in_clear(found, await self._bucket.url(), "endpoint_url", Message("check.token_in_clear"))

    async def what(self) -> Found:
        if self._refusal is not None:
            raise self._refusal
        place = {"bucket": self._config.bucket, "prefix": self._config.prefix or "/"}
        return Found(Message("check.listed", place), facts={"command": f"ListObjectsV2 {self._config.prefix}".strip()})

    async def read_only(self) -> Found:
        """No request that only reads tells whether keys may write."""
        return Found(Message("check.unproven"), Message("check.unproven_advice"), self._key_field())

    def _key_field(self) -> tuple[str, ...]:
        return () if self._config.access_key_id is None else ("config.access_key_id",)

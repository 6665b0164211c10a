"""The ladder for S3: the network below, then who asks, then whether the prefix may be listed."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from core.connectors.base import Environment, Limits
from core.connectors.http.rungs import network_rungs
from core.diagnosis.ladder import Found, climb
from core.errors import AuthError, NotFoundInSource, PermissionDenied, SourceError
from core.models import Check, Message

if TYPE_CHECKING:
    from core.connectors.s3.bucket import Bucket


async def ladder(config: Any, environment: Environment, limits: Limits, bucket: "Bucket") -> AsyncIterator[Check]:
    """`config`, `dns`, `egress`, `tcp`, `tls` for https, `auth`, `permission`."""
    url = await bucket.url()
    asked = _Asked(config, bucket)
    network = network_rungs(url, config, environment.egress, limits, "endpoint_url")
    async for check in climb(*network, ("auth", asked.who), ("permission", asked.what)):
        yield check


class _Asked:
    """One list request answers both rungs: a refused signature is the first one's, a refused bucket the second's."""

    def __init__(self, config: Any, bucket: "Bucket") -> None:
        self._config, self._bucket = config, bucket
        self._refusal: SourceError | None = None

    async def who(self) -> Found:
        try:
            await self._bucket.list(self._config.prefix, 1)
        except AuthError:
            raise
        except (PermissionDenied, NotFoundInSource) as err:
            self._refusal = err
        if self._config.access_key_id is None:
            return Found(Message("check.anonymous"))
        return Found(Message("check.signed", {"key": self._config.access_key_id}))

    async def what(self) -> Found:
        if self._refusal is not None:
            raise self._refusal
        return Found(Message("check.listed", {"bucket": self._config.bucket, "prefix": self._config.prefix or "/"}))

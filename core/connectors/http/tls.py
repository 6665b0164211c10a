"""TLS settings of the kinds that speak TLS by URL or flag."""

import ssl
from functools import lru_cache

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from core.connectors.base import ConnectorConfig


class TlsConfig(ConnectorConfig):
    """Verified unless the source says otherwise in so many words."""

    tls_verify: bool = Field(default=True, json_schema_extra={"section": "security"})
    ca_pem: str | None = Field(
        default=None, max_length=65536, json_schema_extra={"section": "security", "multiline": True}
    )

    @field_validator("ca_pem")
    @classmethod
    def _certificates(cls, ca_pem: str | None) -> str | None:
        return certificates(ca_pem)


def certificates(ca_pem: str | None) -> str | None:
    """The text itself. Raises PydanticCustomError for what holds no certificates."""
    if ca_pem is not None:
        try:
            ssl.create_default_context(cadata=ca_pem)
        except (ssl.SSLError, ValueError, TypeError):  # TypeError: letters beyond ASCII
            raise PydanticCustomError("certificate", "certificates in PEM form") from None
    return ca_pem


@lru_cache(maxsize=64)
def tls_context(verify: bool, ca_pem: str | None) -> ssl.SSLContext:
    """One context for all sources of the same settings: building one reads every authority of this machine."""
    context = ssl.create_default_context(cadata=ca_pem)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context

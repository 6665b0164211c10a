"""What the services know of kinds: forms, validation, secrets, and connectors, all by the kind's name."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from core.connectors import forms
from core.connectors.base import Connector, ConnectorConfig, Environment, Limits
from core.connectors.masked import MaskedConnector
from core.connectors.registry import Registry
from core.errors import InvalidInput
from core.models import CatalogEntry, FieldError, KindInfo, KindSchemas, Message
from core.redaction import Masker, Secrets
from core.safety.organisations import OrganisationPolicies

SCHEMA_REFERENCE = "#/components/schemas/{model}"
"""Where schemas refer to each other: the place they have in an OpenAPI document."""


def kind_infos(registry: Registry) -> tuple[KindInfo, ...]:
    """Every registered kind with its form."""
    return tuple(
        KindInfo(name, forms.field_specs(cls.config_model), cls.placeholder) for name, cls in registry.kinds.items()
    )


class KindCatalog:
    """The registered kinds in one environment. Every method raises InvalidInput naming `kind` for an unknown one."""

    def __init__(self, registry: Registry, environment: Environment, secrets: Secrets | None = None) -> None:
        """`secrets` is told those of every configuration that is read here."""
        self._registry, self._environment = registry, environment
        self._secrets = secrets or Secrets()
        self.egress = OrganisationPolicies(environment.egress)
        """The address rules: a connector is given those of its organisation."""
        self._ready: set[str] = set()

    def infos(self) -> tuple[KindInfo, ...]:
        infos = kind_infos(self._registry)
        return tuple(replace(info, placeholder=self._within_cap(info.placeholder)) for info in infos)

    def schemas(self) -> tuple[KindSchemas, ...]:
        return tuple(_schemas(name, cls) for name, cls in self._registry.kinds.items())

    def validate(self, kind: str, config: Mapping[str, Any]) -> ConnectorConfig:
        """The typed configuration. Raises InvalidInput naming each wrong field as `config.<field>`."""
        valid = forms.validate_config(self._of(kind).config_model, config)
        self._secrets.know(*forms.secret_values(valid))
        return valid

    def plain(self, config: ConnectorConfig) -> dict[str, Any]:
        """A validated configuration as it is sealed: secrets in clear, defaults filled in."""
        return forms.plain_config(config)

    def public(self, kind: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        """A configuration for outsiders: every secret is `{"set": True}` in its place, nested ones too.

        Empty for a kind that is gone: nobody knows what is secret in it.
        """
        if kind not in self._registry.kinds:
            return {}
        return forms.public_config(self._of(kind).config_model, plain)

    def merge(self, kind: str, kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
        """The kept configuration with the sent changes; of one that fits its kind no longer, what the kind still knows.

        Raises InvalidInput naming the secret (`config.auth.password`) when one is kept although the destination
        changed or nobody can say what it was, or is to be kept and was never there.
        """
        cls = self._of(kind)
        before = self._fitting(kind, kept)
        if before is None:
            known = {field.alias or name for name, field in cls.config_model.model_fields.items()}
            kept = {name: value for name, value in kept.items() if name in known}
        merged = forms.merge_secrets(cls.config_model, kept, sent)
        after = self.validate(kind, merged)
        if before is None or cls.destination(before) != cls.destination(after):
            _refuse_kept(forms.kept_secrets(cls.config_model, kept, sent))
        return merged

    def _fitting(self, kind: str, kept: Mapping[str, Any]) -> ConnectorConfig | None:
        try:
            return self.validate(kind, kept)
        except InvalidInput:
            return None

    def masked(self, kind: str, plain: Mapping[str, Any], value: Any) -> Any:
        """`value` without the secrets of a stored configuration (see `core.redaction.Masker`)."""
        return Masker(forms.secret_values(self.validate(kind, plain)))(value)

    def is_ready(self, kind: str) -> bool:
        """Whether the kind's drivers are imported; of a kind that is gone there are none."""
        return kind in self._ready or kind not in self._registry.kinds

    async def ready(self, kind: str) -> None:
        """Waits until the kind's drivers are imported, in a thread: on the event loop they would hold up every call."""
        if kind not in self._ready:
            await asyncio.to_thread(self._of(kind).preload)
            self._ready.add(kind)

    def dial(self, kind: str, plain: Mapping[str, Any], org: str) -> "Dial":
        """Under the address rules of an organisation. A configuration is read once for all of it."""
        cls, config = self._of(kind), self.validate(kind, plain)
        environment = replace(self._environment, egress=self.egress.of(org))
        build, limits = partial(_built, cls, config, environment), cls.limits.overridden(config.timeout_s)
        return Dial(build, limits, cls.host(config))

    def host(self, kind: str, plain: Mapping[str, Any]) -> str:
        """The host at the other end (see `Connector.host`)."""
        return self._of(kind).host(self.validate(kind, plain))

    def check_params(self, kind: str, params: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Raises ConfigError or QueryRefused for parameters that would never be sent to a source of this public
        configuration; where it is empty, by the rules of the kind alone.
        """
        cls = self._of(kind)
        cls.check_params(params, self._environment)
        if config:
            cls.check_reach(config, params)

    def sample_request(self, kind: str, entry: CatalogEntry) -> dict[str, Any]:
        """Sample parameters for an entry that `describe` gave; empty where there is nothing to show."""
        return self._within_cap(self._of(kind).params_for(entry))

    def snippet(self, kind: str, config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
        """A program that takes a sample without us (see `Connector.snippet`)."""
        return self._of(kind).snippet(config, params) if params else ""

    def _within_cap(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What we propose ourselves asks for no more rows than may be asked for."""
        wanted = {"limit": min(params["limit"], self._environment.rows_max)} if "limit" in params else {}
        return {**params, **wanted}

    def _of(self, kind: str) -> type[Connector]:
        try:
            return self._registry.kinds[kind]
        except KeyError:
            known = ", ".join(self._registry.kinds)
            raise InvalidInput(fields=(FieldError("kind", Message("field.unknown_kind", {"known": known})),)) from None


def _built(cls: type[Connector], config: ConnectorConfig, environment: Environment) -> Connector:
    """Whatever a kind forgets to take out of what it says is taken out here."""
    return MaskedConnector(cls.build(config, environment), config)


@dataclass(frozen=True, slots=True)
class Dial:
    """What builds connectors for a configuration, how long their calls may take, and the host that they lead to."""

    build: Callable[[], Connector]
    limits: Limits
    host: str = ""


def _schemas(name: str, cls: type[Connector]) -> KindSchemas:
    config, params = (
        model.model_json_schema(ref_template=SCHEMA_REFERENCE) for model in (cls.config_model, cls.params_model)
    )
    definitions = config.pop("$defs", {}) | params.pop("$defs", {})
    return KindSchemas(name, config, params, definitions)


def _refuse_kept(secrets: tuple[str, ...]) -> None:
    if secrets:
        message = Message("field.secret_kept_elsewhere")
        raise InvalidInput(fields=tuple(FieldError(f"config.{name}", message) for name in secrets))

"""Every setting, with a default that works on a laptop. Environment variables `CHESHMEH_*` and a `.env` file."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import cycle
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import StartupError
from core.languages import LANGUAGES
from core.models import Rate

PREFIX = "CHESHMEH_"
DOTENV = ".env"
SESSION_COOKIE = "cheshmeh_session"
LANG_COOKIE = "cheshmeh_lang"
ORG_COOKIE = "cheshmeh_org"
STATIC_DIR = Path(__file__).resolve().parent.parent / "static"
"""Fonts, icons and the sign-in page: served at /assets, nothing of it secret."""


CHECK_INTERVAL_MIN_S = 1
LOCAL = "localhost"

DEFAULT_PORTS = {"redis": 6379, "rediss": 6379, "postgresql": 5432, "postgres": 5432}
"""Of the servers that a process keeps for itself, by the scheme of their URL."""


class Settings(BaseSettings):
    """The whole configuration of one process."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=DOTENV,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(Path("data"), description="where the database, the key file and the lock live")
    database_url: SecretStr | None = Field(None, description="the application's own PostgreSQL; without it SQLite")
    redis_url: SecretStr | None = Field(
        None, description="a Redis through which several processes share their breakers"
    )
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8501, ge=1, le=65535, description="port to listen on")
    public_url: str | None = Field(
        None,
        description="the address people type, `https://host[:port]` without a path; links in invitations and alerts "
        "begin with it",
    )
    kek_file: Path | None = Field(None, description="key file; made on first start in the data directory")
    keks: SecretStr | None = Field(
        None, description="keys `id:base64` of 32 bytes, comma-separated; the first writes, all read"
    )
    locale: str = Field("fa", description="language of a first visit")
    timezone: str = Field("Asia/Tehran", description="zone in which times are shown")
    sample_rows_max: int = Field(1000, ge=1, le=100_000, description="highest `limit` of a sample")
    sample_bytes_max: int = Field(5 * 1024 * 1024, ge=1024, description="bytes read for one sample")
    check_interval_s: float = Field(
        60, ge=0, le=86_400, description="seconds from one check of a source to the next, 1 at least; 0 makes none"
    )
    checks: Literal["inline", "worker"] = Field(
        "inline",
        description="who checks: `inline` the dashboard, `worker` `python -m core worker` on a shared PostgreSQL",
    )
    bulkhead_source: int = Field(8, ge=1, le=1000, description="calls of one source at a time")
    bulkhead_process: int = Field(256, ge=4, le=10_000, description="calls of all sources at a time in one process")
    session_hours: float = Field(12, gt=0, le=8760, description="how long a sign-in lasts")
    rate_limit_token: str = Field("1000/10s", description="requests of one token in a time; 0 is no limit")
    rate_limit_address: str = Field(
        "200/10s", description="failed sign-ins and bad tokens of one address in a time; 0 is no limit"
    )
    trusted_proxies: str | None = Field(
        None, description="networks, comma-separated, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed"
    )
    admin_password_file: Path | None = Field(None, description="file with the first administrator's password")
    oidc_issuer: str | None = Field(None, description="an OpenID Connect provider by which people sign in as well")
    oidc_client_id: str | None = Field(None, description="what that provider knows this dashboard by")
    oidc_client_secret: SecretStr | None = Field(None, description="the secret that goes with it")
    oidc_allowed_domains: str | None = Field(
        None, description="whose verified e-mail addresses may sign in: domains, comma-separated; empty asks for none"
    )
    oidc_groups_claim: str = Field("groups", min_length=1, description="the claim that holds a person's groups")
    oidc_roles: str | None = Field(None, description="roles by group: `group=organisation:role`, comma-separated")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least severity logged: `debug`, `info`, `warning` or `error`"
    )
    log_format: Literal["console", "json"] = Field("console", description="form of a log line: `console` or `json`")
    demo: bool = Field(False, description="set by `make demo`: a sign-in link at every start")

    @field_validator("locale", "checks", "log_level", "log_format", mode="before")
    @classmethod
    def _in_either_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as err:
            raise ValueError("no such time zone") from err
        return value

    @field_validator("locale")
    @classmethod
    def _a_language(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return value

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        """With its scheme in small letters: whether that is TLS is asked in several places."""
        if value is None:
            return None
        try:
            parts = urlsplit(value.strip())
            known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            known = False
        # Pages lead to addresses that begin at the root.
        if not known or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
            raise ValueError("must be http://host or https://host, with a port or without, and nothing after it")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("check_interval_s")
    @classmethod
    def _off_or_bearable(cls, value: float) -> float:
        if 0 < value < CHECK_INTERVAL_MIN_S:
            raise ValueError(f"0, or {CHECK_INTERVAL_MIN_S} and more")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_with_a_host(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        if not value.get_secret_value().startswith(("redis://", "rediss://")) or not _servers(value):
            raise ValueError("must be redis://[user:password@]host[:port][/database], or rediss:// with TLS")
        return value

    @field_validator("rate_limit_token", "rate_limit_address")
    @classmethod
    def _a_rate(cls, value: str) -> str:
        Rate.parse(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str | None) -> str | None:
        _parsed_networks(value)
        return value

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return _parsed_networks(self.trusted_proxies)

    @property
    def database_url_text(self) -> str:
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'cheshmeh.db'}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret in here, and the password inside each that is an address."""
        held = [value for name in type(self).model_fields if isinstance(value := getattr(self, name), SecretStr)]
        return tuple(text for each in held for text in (each.get_secret_value(), *_passwords(each.get_secret_value())))

    @property
    def on_sqlite(self) -> bool:
        return self.database_url_text.startswith("sqlite")

    @property
    def own_servers(self) -> tuple[tuple[str, int], ...]:
        """Host and port of the servers that hold this installation's own state; none of a file."""
        return self.database_servers + (_servers(self.redis_url) if self.redis_url else ())

    @property
    def database_servers(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each server that may hold the application's own database; none of a file."""
        return _servers(self.database_url) if self.database_url else ()

    @property
    def key_path(self) -> Path:
        return self.kek_file or self.data_dir / "keys"

    def require_consistent(self) -> None:
        """Raises StartupError for settings that contradict each other."""
        if self.checks == "worker" and self.on_sqlite:
            raise StartupError("worker_on_sqlite")

    @property
    def loopback_only(self) -> bool:
        if self.host == LOCAL:
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def origin(self) -> str:
        """Where the dashboard is reached, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")


def _passwords(url: str) -> Iterator[str]:
    """As it is written, and as it is meant; in the place before the host or among the options, as libpq takes both."""
    for written in re.findall(r"://[^\s:/]*:([^\s]+)@|[?&]password=([^&\s]+)", url):
        for text in filter(None, written):
            yield from dict.fromkeys((text, unquote(text)))


def _parsed_networks(text: str | None) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in (text or "").split(",") if part.strip())


def _servers(url: SecretStr) -> tuple[tuple[str, int], ...]:
    """Every host of a URL with its port. The errors of parsing repeat parts of it, so they end here."""
    try:
        parts = urlsplit(url.get_secret_value())
        usual = DEFAULT_PORTS.get(parts.scheme.partition("+")[0])
        # libpq takes all of it from the query as well, and several of each; SQLAlchemy a port behind each host.
        given = parse_qs(parts.query)
        hosts = _listed(given.get("hostaddr") or given.get("host") or [parts.hostname or ""])
        ports = _listed(given.get("port") or [str(parts.port or usual or "")])
        pairs = zip(hosts, ports if len(ports) == len(hosts) else cycle(ports), strict=False)
        found = [_with_port(host, port) for host, port in pairs]
    except ValueError:
        return ()
    if usual == DEFAULT_PORTS["postgresql"]:
        # Without a host it is a socket of this machine, whose server mostly has a port as well.
        found = [(LOCAL if not host or host.startswith(("/", "@")) else host, port) for host, port in found]
    return tuple((host, port) for host, port in found if host)


def _listed(values: Iterable[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",")]


def _with_port(host: str, port: str) -> tuple[str, int]:
    """Raises ValueError where there is no port."""
    name, mark, own = host.rpartition(":")
    if mark and own.isdigit() and ":" not in name.partition("]")[2] and (":" not in name or name.endswith("]")):
        host, port = name, own
    return host.removeprefix("[").removesuffix("]"), int(port)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises StartupError naming a wrong value or an unknown `CHESHMEH_*` name."""
    environ = os.environ if environ is None else environ
    try:
        _refuse_unknown((*environ, *dotenv_values(DOTENV)))
        return Settings()
    except (OSError, UnicodeDecodeError) as err:
        raise StartupError("dotenv", path=str(Path(DOTENV).resolve())) from err
    except ValidationError as err:
        first = err.errors(include_input=False, include_url=False, include_context=False)[0]
        name = PREFIX + ".".join(str(part) for part in first["loc"]).upper()
        # The sentence goes on with an advice; the prefix is the library's word for any error of ours.
        detail = first["msg"].removeprefix("Value error, ").rstrip(".") + "."
        raise StartupError("setting", name=name, detail=detail) from None


def _refuse_unknown(names: Iterable[str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in names:
        capitals = name.upper()  # in which they are read
        if capitals.startswith(PREFIX) and capitals not in known and not capitals.startswith(PREFIX + "TEST_"):
            near = difflib.get_close_matches(capitals, known, n=1)
            raise StartupError("unknown_setting", name=name, nearest=near[0] if near else PREFIX + "DATA_DIR")

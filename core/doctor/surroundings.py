"""The port, the address people type, and what the machine brings: certificates, time zones, drivers."""

import asyncio
import os
import ssl
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import requests

from core.connectors.registry import registry
from core.diagnosis.ladder import Found
from core.doctor.findings import broken, warning, well
from core.errors import ConfigError
from core.presence import Presence, find, require_free_port
from core.settings import Settings
from core.storage.database import Database
from core.storage.sources import kinds_in_use

ANSWER_S = 5.0


async def port(settings: Settings) -> Found:
    running = find(settings.data_dir)
    if running is None:
        require_free_port(settings)
        return well("port.free", port=settings.port)
    if not await asyncio.to_thread(_answers, running):
        return broken("port.silent", pid=running.pid, url=running.url)
    return well("port.served", pid=running.pid, url=running.url)


def address(settings: Settings) -> Found:
    """Whether the address that people type fits the one that is listened on."""
    url = settings.public_url
    if url is None:
        return well("address.local") if settings.loopback_only else warning("address.unnamed", host=settings.host)
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        return warning("address.plain", host=parts.hostname)
    return well("address.ok", host=parts.hostname)


def trust_store() -> Found:
    """Whom TLS trusts: `SSL_CERT_FILE` and `SSL_CERT_DIR` where they are set, else the system's."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if os.environ.get(name) and not Path(os.environ[name]).exists():
            return broken("trust.missing", name=name, path=os.environ[name])
    known = ssl.create_default_context().cert_store_stats()["x509_ca"]
    folder = ssl.get_default_verify_paths().capath
    if not known and not (folder and any(Path(folder).iterdir())):
        return warning("trust.empty")
    return well("trust.ok", count=known) if known else well("trust.folder", path=str(folder))


def time_zone(settings: Settings) -> Found:
    now = datetime.now(ZoneInfo(settings.timezone))
    return well("timezone.ok", zone=settings.timezone, now=f"{now:%H:%M %z}")


async def drivers(database: Database | None) -> Found:
    """Every kind's; one that no source needs is only a warning. `database` is None where it cannot be asked."""
    missing = [name for name, kind in registry.discover().kinds.items() if not await _loads(kind.preload)]
    if not missing:
        return well("drivers.ok")
    needed = set(missing) & (await kinds_in_use(database) if database else set())
    return (broken if needed else warning)("drivers.missing", kinds=", ".join(sorted(needed or missing)))


async def _loads(preload: object) -> bool:
    assert callable(preload)  # noqa: S101 - for the types: a class method
    try:
        await asyncio.to_thread(preload)
    except ConfigError:
        return False
    return True


def _answers(running: Presence) -> bool:
    session = requests.Session()
    session.trust_env = False
    try:
        return bool(session.get(f"{running.url}/healthz", timeout=ANSWER_S).json() == {"status": "ok"})
    except (requests.RequestException, ValueError):
        return False

"""S3: `s3://bucket/prefix`, with keys and options where they are given, and MinIO's aliases."""

import json
import re
from collections.abc import Mapping
from typing import Any

from core.connectors.pasted.url import Pasted, Url, decoded, option_refused, refused, split, truth

# AWS secrets hold `/` and `+`, never `@`: the first `@` ends them, whatever else stands before it.
_KEYS = re.compile(r"(?P<scheme>s3)://(?P<user>[^:@/?#]+):(?P<password>[^@]*)@(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_OPTIONS = {
    "region": "region",
    "endpoint_url": "endpoint_url",
    "session_token": "session_token",
    "path_style": "path_style",
}
_ALIAS = {
    "url": "endpoint_url",
    "URL": "endpoint_url",
    "accessKey": "access_key_id",
    "secretKey": "secret_access_key",
    "sessionToken": "session_token",
}
_PATHS = {"on": True, "off": False, "auto": None}
_IGNORED = frozenset({"alias", "status"})


def from_text(text: str) -> Pasted:
    """`s3://KEY:SECRET@bucket/prefix?region=&endpoint_url=&session_token=&path_style=`."""
    found = _KEYS.fullmatch(text)
    url = split(f"s3://{found['rest']}" if found else text)
    if url.user is not None or url.fragment is not None or not url.place or ":" in url.place:
        raise refused("dsn_part", part="bucket")
    config = _place(url) | _options(url)
    if found:
        config["access_key_id"] = decoded(found["user"], "user")
        config["secret_access_key"] = decoded(found["password"], "password")
    return Pasted("s3", {name: value for name, value in config.items() if value not in (None, "")}, url.place)


def _place(url: Url) -> dict[str, object]:
    return {"bucket": decoded(url.place, "bucket"), "prefix": decoded(url.path.removeprefix("/"), "prefix")}


def _options(url: Url) -> dict[str, object]:
    config: dict[str, object] = {}
    for name, value in url.options().items():
        if name not in _OPTIONS:
            raise option_refused(name)
        config[_OPTIONS[name]] = truth(value, name) if name == "path_style" else value
    return config


def from_json(text: str) -> Pasted:
    """One alias as `mc alias export` writes it, or MinIO's `config.json` with exactly one."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    aliases = data.get("aliases") if isinstance(data, Mapping) else None
    if isinstance(aliases, Mapping) and len(aliases) != 1:
        raise refused("dsn_aliases")
    if isinstance(aliases, Mapping):
        [(name, alias)] = aliases.items()
        return _alias(alias, name)
    return _alias(data, None)


def _alias(alias: Any, name: str | None) -> Pasted:
    if not isinstance(alias, Mapping) or not alias.keys() & {"url", "URL"}:
        raise refused("dsn_unknown")
    config: dict[str, object] = {}
    for key, value in alias.items():
        if not isinstance(value, str):
            raise refused("dsn_part", part=key if key in _ALIAS else "JSON")
        config |= _member(key, value)
    given = {key: value for key, value in config.items() if value not in (None, "")}
    return Pasted("s3", given, name or alias.get("alias"))


def _member(key: str, value: str) -> dict[str, object]:
    if key in _ALIAS:
        return {_ALIAS[key]: value}
    if key == "path" and value in (*_PATHS, ""):
        return {"path_style": _PATHS.get(value)}
    if key in _IGNORED or (key == "api" and value.lower() in ("s3v4", "")):
        return {}
    raise option_refused(key)

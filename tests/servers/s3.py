"""A real S3 server for the tests: versitygw over a folder. It checks signatures."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.config import Config

from tests.servers.processes import HOST, folder, program, reserved_port, running

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VERSION = "v1.8.0"
MISSING = "no S3 server: `make servers` builds versitygw"


@dataclass(frozen=True)
class S3Server:
    """Where it listens and the root account's keys."""

    endpoint_url: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = "us-east-1"
    name: str = f"versitygw {VERSION.removeprefix('v')}"

    def client(self) -> "S3Client":
        """For seeding: path style, one attempt a call."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            region_name=self.region,
            config=Config(
                s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, connect_timeout=5, proxies={}
            ),
        )


def versitygw() -> Path | None:
    return program("versitygw", VERSION)


@contextmanager
def own_server(binary: Path) -> Iterator[S3Server]:
    """A server that these tests started, without buckets."""
    with folder() as home, reserved_port() as port:
        server = S3Server(f"http://{HOST}:{port}", "cheshmeh-tests", secrets.token_urlsafe(24))
        objects, accounts = home / "objects", home / "accounts"
        objects.mkdir()
        accounts.mkdir()
        keys = {"ROOT_ACCESS_KEY": server.access_key_id, "ROOT_SECRET_KEY": server.secret_access_key}
        command: list[str | Path] = [binary, "--port", f"{HOST}:{port}", "--iam-dir", accounts, "posix", objects]
        with running(command, [port], home, server.client().list_buckets, keys):
            yield server


def given_server(url: str) -> S3Server:
    """Somebody's server: `http://ACCESS_KEY:SECRET_KEY@host:port/?region=…`, keys percent-encoded."""
    parts = urlsplit(url)
    region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return S3Server(place, unquote(parts.username or ""), unquote(parts.password or ""), region, "S3")

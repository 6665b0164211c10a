"""An S3 sample through boto3."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.connectors.snippets import CA_FILE, TIMEOUT_S, call, literal, program, value_of

HEAD = 64 * 1024
LISTED = """for found in page.get("Contents", []):
    print(found["Key"], found["Size"], found["LastModified"])"""
READ = """print(answer["Body"].read())"""
NAMES = {
    "endpoint_url": "endpoint_url", "region": "region_name", "access_key_id": "aws_access_key_id",
    "secret_access_key": "aws_secret_access_key", "session_token": "aws_session_token",
}  # fmt: skip
NEEDS = "boto3"


def snippet(config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """A list below a prefix, or the beginning of an object."""
    signed = config.get("access_key_id") is not None
    imports = [
        "import boto3",
        *([] if signed else ["from botocore import UNSIGNED"]),
        "from botocore.config import Config",
    ]
    client = call("client = boto3.client", _client(config, signed))
    bucket = ("Bucket", value_of(config, "bucket"))
    if params.get("key"):
        shown = (bucket, ("Key", literal(params["key"])), ("Range", literal(f"bytes=0-{HEAD - 1}")))
        return program(
            NEEDS,
            imports,
            client,
            "# The beginning is enough for a look.",
            call("answer = client.get_object", shown),
            READ,
        )
    prefix = params.get("prefix") if params.get("prefix") is not None else config.get("prefix", "")
    listed = (bucket, ("Prefix", literal(prefix)), ("MaxKeys", literal(min(1000, params.get("limit", 100)))))
    return program(NEEDS, imports, client, call("page = client.list_objects_v2", listed), LISTED)


def _client(config: Mapping[str, Any], signed: bool) -> Iterator[tuple[str, str]]:
    yield "", literal("s3")
    for ours, theirs in NAMES.items():
        if config.get(ours) is not None:
            yield theirs, value_of(config, ours)
    if config.get("tls_verify") is False:
        yield "verify", "False"
    elif config.get("ca_pem"):
        yield "verify", CA_FILE
    limit = literal(config.get("timeout_s") or TIMEOUT_S)
    options = [("connect_timeout", "5"), ("read_timeout", limit)]
    options += [] if signed else [("signature_version", "UNSIGNED")]
    style = config.get("path_style")
    if style or (style is None and config.get("endpoint_url")):
        options.append(("s3", literal({"addressing_style": "path"})))
    yield "config", call("Config", options, levels=1)

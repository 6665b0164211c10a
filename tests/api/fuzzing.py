"""Asks the interface everything that its document allows, and what it does not: schemathesis, all of its checks."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.api.conftest import Org

SEED = 1404
LIMIT_S = 3600
PATIENT = ("--request-timeout=60", "--suppress-health-check=all")
"""How long something takes says how busy the machine is."""
CONFIG = """
[dictionaries]
orgs = {{ values = ["{org}"] }}
ids = {{ values = {ids} }}
expendable = {{ values = {expendable} }}

[parameters]
"path.org_id" = {{ dictionary = "orgs", probability = 0.95 }}
"path.ds_id" = {{ dictionary = "ids", probability = 0.9 }}

[[operations]]
include-operation-id = "delete_source"
[operations.parameters]
"path.org_id" = {{ dictionary = "orgs", probability = 0.95 }}
"path.ds_id" = {{ dictionary = "expendable", probability = 0.9 }}

# What the document cannot say: a name that is taken, a host that does not exist, a query that a source refuses.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "401", "403", "404", "409", "412", "422", "429", "502", "503", "504"]

# A source that is not there, and a version that is not the present one, are told before the body is judged.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "408", "409", "412", "413", "422", "429", "502", "503", "504"]

# The breaker's refusal and a source that is down are told as such; what is no answer of ours is 500.
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "502", "503", "504"]
"""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its exit status, how many requests it made, and all it said."""

    status: int
    requests: int
    said: str


def run(org: Org, token: str | None, folder: Path, ids: list[str], expendable: list[str], *options: str) -> Outcome:
    """One run over the whole document as whoever has the token."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.format(org=org.slug, ids=ids, expendable=expendable), "utf-8")
    url = org.served.url
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={config}", "run", f"{url}/api/openapi.json"]
    command += [
        f"--url={url}",
        f"--seed={SEED}",
        "--checks=all",
        "--no-color",
        "--generation-database=none",
        *PATIENT,
        *options,
    ]
    if token is not None:
        command.append(f"--header=Authorization: Bearer {token}")
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S)
    said = ended.stdout + ended.stderr
    counted = re.search(r"(\d+) generated", said)
    return Outcome(ended.returncode, int(counted[1]) if counted else 0, said)

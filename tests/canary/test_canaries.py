"""A canary in every secret: after every failure it is nowhere that anybody can read."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from core.connectors.registry import registry
from tests.canary.canaries import Canaries
from tests.canary.filled import KINDS, filled, secret_fields
from tests.canary.peers import peers
from tests.canary.program import program
from tests.canary.run import Run, watch_local_token


@pytest.mark.parametrize("kind", KINDS)
def test_every_secret_field_of_a_kind_gets_a_canary(kind: str) -> None:
    given = filled(kind, "h", 1, Canaries().new)
    assert frozenset(name for each in given for name in each.names) == secret_fields(kind)


def test_every_kind_is_looked_at() -> None:
    assert set(KINDS) == set(registry.discover().kinds)


def test_nothing_leaks_whatever_fails(tmp_path: Path) -> None:
    run = Run(program(tmp_path), Canaries())
    run.canaries.watch("API token", run.program.token)
    with peers() as ports, run.program.running():
        run.canaries.watch("sign-in link", parse_qs(urlsplit(run.program.sign_in).query)["code"][0])
        watch_local_token(run)
        run.everything(ports, KINDS)
    assert run.leaks() == {}

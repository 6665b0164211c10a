"""A canary in every secret: after every failure it is nowhere that anybody can read. And what leaks is found."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from core.connectors.registry import registry
from tests.browser.conftest import browser as browser
from tests.canary.canaries import Canaries
from tests.canary.filled import KINDS, filled, secret_fields
from tests.canary.pages import looked_at
from tests.canary.peers import peers
from tests.canary.program import Program, program, spoilt
from tests.canary.run import BRIEFLY, Run, watch_local_token

CONFIG, FAILURES = "core/connectors/kinds/postgres.py", "core/connectors/postgres/failures.py"
MASKED, REDACTION = "core/connectors/masked.py", "core/redaction.py"
PLAIN = """class _Plain(str):
    def get_secret_value(self) -> str:
        return str(self)


class PostgresConfig("""

IN_THE_CLEAR = (
    (
        CONFIG,
        "password: SecretStr | None = Field(None)",
        "password: Annotated[str, AfterValidator(_Plain)] | None = None",
    ),
    (CONFIG, "class PostgresConfig(", PLAIN),
    (
        CONFIG,
        "from pydantic import Field,",
        "from typing import Annotated\nfrom pydantic import AfterValidator, Field,",
    ),
)
UNMASKED = (MASKED, "        if err.arguments:\n", "        return\n        if err.arguments:\n")
UNSCRUBBED = (FAILURES, "    detail = scrub(", "    detail = (lambda text, _: text)(")
LOGGED = (REDACTION, "        text = mask(covered(text, self._search))\n", "        return text\n")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return program(tmp_path_factory.mktemp("canary") / "program")


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    with peers() as found:
        yield found


@pytest.mark.parametrize("kind", KINDS)
def test_every_secret_field_of_a_kind_gets_a_canary(kind: str) -> None:
    given = filled(kind, "h", 1, Canaries().new)
    assert frozenset(name for each in given for name in each.names) == secret_fields(kind)


def test_every_kind_is_looked_at() -> None:
    assert set(KINDS) == set(registry.discover().kinds)


def test_nothing_leaks_whatever_fails(copy: Program, ports: dict[str, int], browser: Browser, tmp_path: Path) -> None:
    run = Run(spoilt(copy, tmp_path / "program"), Canaries())
    run.canaries.watch("API token", copy.token)
    with run.program.running():
        run.canaries.watch("sign-in link", parse_qs(urlsplit(run.program.sign_in).query)["code"][0])
        watch_local_token(run)
        run.sources(ports, KINDS, briefly=BRIEFLY)
        run.rest()
        looked_at(browser, run)
    assert run.leaks() == {}
    assert_whole_lines(run.program.said["log"])


def assert_whole_lines(log: str) -> None:
    """Every line begins as ours do, or belongs to the one before it; none was begun by a value."""
    assert [line for line in log.splitlines() if not re.match(r"20\d\d-\d\d-\d\dT[\d:.]+Z \[|    |$", line)] == []
    assert log.count("forged") > log.count("\n    forged") > 0
    assert "2026-01-01T" not in re.findall(r"^\S+", log, re.MULTILINE)


@pytest.mark.parametrize(
    ("changes", "leaked", "where"),
    [
        (IN_THE_CLEAR, "postgres.password", "GET"),
        ([UNMASKED], "leaky.password (error)", "POST"),
        ([UNMASKED, UNSCRUBBED], "postgres.password at postgres error", "POST"),
        ([LOGGED], "leaky.password", "log"),
    ],
    ids=["a secret that is a text", "an unmasked error", "an unscrubbed error of a driver", "an unmasked log"],
)
def test_what_leaks_is_found(
    copy: Program,
    ports: dict[str, int],
    tmp_path: Path,
    changes: list[tuple[str, str, str]],
    leaked: str,
    where: str,
) -> None:
    run = Run(spoilt(copy, tmp_path / "program", *changes), Canaries())
    with run.program.running():
        run.sources(ports, ["postgres"], briefly=True)
    found = {name for place, names in run.leaks().items() if place.startswith(where) for name in names}
    assert any(name.startswith(leaked) for name in found), run.leaks()

"""What the demo puts into the product: six sources, once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.bootstrap import opened
from core.models import SourceDraft
from core.runtime import Runtime
from core.settings import Settings
from demo.mongo_program import Program
from demo.postgres import Credentials
from demo.seed import ORG, SEEDER, differing, digests, seed
from demo.servers import NAMES, Servers
from demo.sources import CLOSED_PORT, drafts

KINDS = ("postgres", "mongodb", "rest", "graphql", "s3")


@pytest.fixture
def wanted(tmp_path: Path) -> tuple[SourceDraft, ...]:
    return made(tmp_path, Program("simulator"))


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    with opened(Settings(data_dir=tmp_path / "data", check_interval_s=0)) as running:
        yield running


def made(home: Path, program: Program, port: int = 4000) -> tuple[SourceDraft, ...]:
    servers = Servers(home, program)
    servers.ports = dict.fromkeys(NAMES, port)
    return drafts(Credentials(5000, "owner", "reader"), servers)


def test_there_is_one_of_each_kind_and_one_that_is_down(wanted: tuple[SourceDraft, ...]):
    up = [draft for draft in wanted if draft.config.get("port") != CLOSED_PORT]
    assert Counter(draft.kind for draft in up) == Counter(KINDS)
    assert len(wanted) == len({draft.name for draft in wanted}) == 6


@pytest.mark.parametrize("program", [Program("simulator"), Program("mongod", "/usr/bin/mongod")])
def test_only_a_simulated_mongodb_is_called_so(tmp_path: Path, program: Program):
    (described,) = [draft.description for draft in made(tmp_path, program) if draft.kind == "mongodb"]
    assert ("شبیه‌سازی‌شده" in described, "simulated" in described) == (program.simulated,) * 2


def test_seeding_twice_makes_each_source_once(runtime: Runtime, wanted: tuple[SourceDraft, ...]):
    for _ in range(2):
        runtime.run(seed(runtime, wanted))
    sources = runtime.run(runtime.sources.list(SEEDER, ORG)).items
    assert [(source.name, source.kind) for source in sources] == [(draft.name, draft.kind) for draft in wanted]


def test_a_source_follows_a_port_that_changed_and_keeps_what_a_person_set(
    runtime: Runtime, tmp_path: Path, wanted: tuple[SourceDraft, ...]
):
    runtime.run(seed(runtime, wanted))
    (before,) = runtime.run(runtime.sources.list(SEEDER, ORG, kind="rest")).items
    runtime.run(runtime.sources.update(SEEDER, ORG, before.id, {"tags": ["mine"]}))
    runtime.run(seed(runtime, made(tmp_path, Program("simulator"), port=4001)))
    (after,) = runtime.run(runtime.sources.list(SEEDER, ORG, kind="rest")).items
    assert (after.id, after.tags, after.config["base_url"]) == (before.id, ("mine",), "http://127.0.0.1:4001")


def test_only_what_changed_is_seeded_anew(tmp_path: Path, wanted: tuple[SourceDraft, ...]):
    kept = digests(wanted)
    assert differing(wanted, kept) == []
    moved = made(tmp_path, Program("mongod", "/usr/bin/mongod"))
    assert [draft.kind for draft in differing(moved, kept)] == ["mongodb"]
    assert differing(wanted, {}) == list(wanted)


def test_what_is_kept_of_a_source_tells_no_secret(wanted: tuple[SourceDraft, ...]):
    told = "".join(digests(wanted).values())
    assert not any(str(draft.config.get("password", draft.name)) in told for draft in wanted)

"""The assembled product with its own data in a PostgreSQL."""

import asyncio
import threading
from pathlib import Path

import pytest

from core.bootstrap import open_runtime
from core.checks.job_queue import job_queue
from core.errors import EgressDenied, InvalidInput, StartupError, Unauthenticated
from core.models import Actor, Proof, Role, SourceDraft
from core.runtime import Runtime
from core.services.administration import Administration
from core.services.inputs import parse_order
from core.settings import Settings
from tests.fakes import Step
from tests.servers.postgres import PostgresServer
from tests.services.assembly import product

ADMIN = Actor("tester", {"main": Role.ADMIN})
DRAFT = SourceDraft("fake", "سفارش‌ها", {"host": "there", "password": "Zq7-never-shown"})
KEKS = "k1:" + "A" * 43 + "="


def replica(folder: Path, url: str) -> Runtime:
    """A dashboard with a data directory of its own."""
    return open_runtime(Settings(_env_file=None, data_dir=folder, database_url=url, keks=KEKS))


def test_a_source_its_figures_and_its_state_outlive_a_restart(tmp_path: Path, postgres_url: str) -> None:
    with product(tmp_path, database_url=postgres_url) as made:
        runtime = made.runtime
        runtime.run(runtime.access.ensure_organisation("main", "Main"))
        source = runtime.run(runtime.sources.create(ADMIN, "main", DRAFT))
        runtime.run(runtime.sources.ping(ADMIN, "main", source.id))
        made.other_end.will(Step.AUTH)
        runtime.run(runtime.sources.ping(ADMIN, "main", source.id))
        before = runtime.run(runtime.sources.get(ADMIN, "main", source.id))
    assert not (tmp_path / "cheshmeh.db").exists()
    with product(tmp_path, database_url=postgres_url) as made:
        runtime = made.runtime
        after = runtime.run(runtime.sources.get(ADMIN, "main", source.id))
        assert after.figures.calls_total == 2
        assert (after.figures, after.status, after.diagnosis) == (before.figures, before.status, before.diagnosis)
        assert (after.evidence_ts, after.evidence_by) == (before.evidence_ts, Proof.PING)
        made.other_end.will(Step.OK)
        assert runtime.run(runtime.sources.ping(ADMIN, "main", source.id)).ok


def test_text_that_postgresql_can_not_hold_is_the_inputs_fault(tmp_path: Path, postgres_url: str) -> None:
    with product(tmp_path, database_url=postgres_url) as made:
        run, runtime = made.runtime.run, made.runtime
        run(runtime.access.ensure_organisation("main", "Main"))
        wrong = SourceDraft("fake", "a\0b", dict(DRAFT.config), "c\0d", ("e\0f",))
        with pytest.raises(InvalidInput) as refused:
            run(runtime.sources.create(ADMIN, "main", wrong))
        assert {field.field for field in refused.value.fields} == {"name", "description", "tags"}
        with pytest.raises(InvalidInput, match="validation_error"):
            parse_order({"action": "reset", "reason": "a\0b"})
        with pytest.raises(Unauthenticated):
            run(runtime.access.sign_in("a\0b", "correct horse battery"))


def test_two_dashboards_share_one_database(tmp_path: Path, empty_postgres_url: str) -> None:
    one, other = (replica(tmp_path / name, empty_postgres_url) for name in ("one", "other"))
    try:
        one.run(one.access.ensure_organisation("main", "Main"))
        draft = SourceDraft(
            "rest", "shop", {"base_url": "http://127.0.0.1:9/", "auth": {"type": "bearer", "token": "t"}}
        )
        made = one.run(one.sources.create(ADMIN, "main", draft))
        assert other.run(other.sources.get(ADMIN, "main", made.id)) == made
        changed = other.run(other.sources.update(ADMIN, "main", made.id, {"name": "store"}))
        assert one.run(one.sources.get(ADMIN, "main", made.id)) == changed
        one.run(one.sources.delete(ADMIN, "main", made.id))
        assert other.run(other.sources.list(ADMIN, "main")).items == ()
    finally:
        one.close()
        other.close()


def test_two_dashboards_on_one_data_directory_are_refused_on_postgresql_too(tmp_path: Path, postgres_url: str) -> None:
    running = replica(tmp_path, postgres_url)
    try:
        with pytest.raises(StartupError, match="data_dir_locked"):
            replica(tmp_path, postgres_url)
    finally:
        running.close()


def test_a_dashboard_closed_at_once_lets_its_first_question_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, ended = threading.Event(), threading.Event()

    async def asked(_: object) -> tuple[str, ...]:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)  # as a driver tells its server that nobody waits
            ended.set()
        return ()

    monkeypatch.setattr("core.bootstrap.kinds_in_use", asked)
    running = open_runtime(Settings(_env_file=None, data_dir=tmp_path))
    assert began.wait(60)
    running.close()
    assert ended.is_set()


def test_the_database_of_the_dashboard_is_no_source(
    tmp_path: Path, postgres_url: str, postgres: PostgresServer
) -> None:
    runtime = replica(tmp_path, postgres_url.replace("127.0.0.1", "localhost"))
    try:
        runtime.run(runtime.access.ensure_organisation("main", "Main"))
        config = {"host": "127.0.0.1", "port": postgres.port, "database": "app", "user": "app", "password": "x"}
        source = runtime.run(runtime.sources.create(ADMIN, "main", SourceDraft("postgres", "own", config)))
        with pytest.raises(EgressDenied, match="own"):
            runtime.run(runtime.sources.ping(ADMIN, "main", source.id))
    finally:
        runtime.close()


def test_an_administrator_sees_how_many_workers_live(tmp_path: Path, postgres_url: str) -> None:
    with product(tmp_path, database_url=postgres_url) as made:
        run, own = made.runtime.run, made.runtime.settings
        there = made.runtime.administration._installation
        service = Administration(there, own.model_copy(update={"checks": "worker"}), ())
        assert run(service.system(ADMIN, "main")).workers == 0
        run(_signs_of_life(postgres_url, "0 s", "1 hour"))
        assert run(service.system(ADMIN, "main")).workers == 1


async def _signs_of_life(url: str, *ago: str) -> None:
    """As workers leave them in their queue's tables."""
    sign = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %(ago)s::interval)"
    queue = await job_queue(url)
    async with queue.open_async():
        for interval in ago:
            await queue.connector.execute_query_async(sign, ago=interval)

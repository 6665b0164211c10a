"""Two real workers on a real PostgreSQL: they share the sources, and one takes over what the other leaves behind."""

import base64
import json
import secrets
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from core.bootstrap import Process, opened
from core.models import Actor, Role, Source, SourceDraft, Status
from core.runtime import Runtime
from core.settings import Settings
from tests.cli.processes import ROOT, CommandLine, environment

ORG, SOURCES, INTERVAL_S, LIMIT_S = "acme", 16, 5, 90
ACTOR = Actor("test", {ORG: Role.EDITOR})


@dataclass
class Workers:
    """The database that they share, the sources they check, and when each of these was asked."""

    settings: dict[str, str]
    data_dir: Path
    asked: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def worker(self) -> Iterator["subprocess.Popen[bytes]"]:
        with (self.data_dir / f"log {secrets.token_hex(2)}").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "core", "worker"],
                cwd=ROOT,
                env=environment(self.data_dir, **self.settings),
                stdout=log,
                stderr=log,
            )
            try:
                yield process
            finally:
                process.terminate()
                process.wait(LIMIT_S)

    @contextmanager
    def product(self) -> Iterator[Runtime]:
        given = {name: value for name, value in self.settings.items() if name != "checks"}
        settings = Settings(_env_file=None, data_dir=self.data_dir, **given)  # type: ignore[arg-type]  # as read
        with opened(settings, Process.COMMAND) as runtime:
            yield runtime

    def count(self) -> dict[str, int]:
        return {path: len(times) for path, times in self.asked.items()}

    def all_asked_after(self, moment: float) -> bool:
        latest = [times[-1] for times in list(self.asked.values())]
        return len(latest) == SOURCES and min(latest) > moment


@pytest.fixture
def workers(tmp_path: Path, postgres_url: str) -> Iterator[Workers]:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    settings = {"database_url": postgres_url, "keks": f"k:{key}", "check_interval_s": str(INTERVAL_S)}
    made = Workers(settings, tmp_path)
    with _recorder(made.asked) as port, made.product() as runtime:
        runtime.run(_add(runtime, port))
        yield made


@contextmanager
def _recorder(asked: dict[str, list[float]]) -> Iterator[int]:
    class Recorder(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path].append(time.monotonic())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


async def _add(runtime: Runtime, port: int) -> None:
    await runtime.access.ensure_organisation(ORG, ORG)
    for number in range(SOURCES):
        config = {"base_url": f"http://127.0.0.1:{port}/{number}", "health_path": "/"}
        await runtime.sources.create(ACTOR, ORG, SourceDraft("rest", str(number), config))


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.05)


def sharing(url: str) -> int:
    """How many workers have a batch in hand right now."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        query = "SELECT count(DISTINCT worker_id) FROM cheshmeh_queue.procrastinate_jobs WHERE status = 'doing'"
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_what_a_killed_worker_leaves_behind_another_takes_over_and_nothing_is_checked_twice(workers: Workers) -> None:
    url = workers.settings["database_url"]
    with workers.worker() as one, workers.worker():
        wait_until(lambda: workers.all_asked_after(0) and sharing(url) == 2)
        one.kill()
        one.wait(LIMIT_S)
        killed = time.monotonic()
        gaps = [b - a for times in workers.asked.values() for a, b in pairwise(times)]
        assert min(gaps, default=INTERVAL_S) > INTERVAL_S * 0.8
        wait_until(lambda: workers.all_asked_after(killed))
        settled = time.monotonic()
        wait_until(lambda: workers.all_asked_after(settled + INTERVAL_S))
    after = [[at for at in times if at > settled] for times in workers.asked.values()]
    assert min(b - a for times in after for a, b in pairwise(times)) > INTERVAL_S * 0.8


def test_a_worker_that_is_told_to_end_has_stored_what_it_found(workers: Workers) -> None:
    with workers.worker() as worker:
        wait_until(lambda: workers.all_asked_after(0))
        worker.terminate()
        assert worker.wait(LIMIT_S) == 0
    with workers.product() as runtime:
        sources: tuple[Source, ...] = runtime.run(runtime.sources.health(ACTOR, ORG)).sources
    assert {source.status for source in sources} == {Status.HEALTHY}
    assert {source.name: source.figures.calls_total for source in sources} == {
        path.strip("/"): count for path, count in workers.count().items()
    }
    with psycopg.connect(workers.settings["database_url"].replace("+psycopg", "")) as connection:
        jobs = connection.execute("SELECT count(*) FROM cheshmeh_queue.procrastinate_jobs WHERE status <> 'todo'")
        assert jobs.fetchone() == (0,)


def test_the_queues_tables_do_not_disturb_ours(workers: Workers) -> None:
    with workers.worker():
        wait_until(lambda: workers.all_asked_after(0))
    done = CommandLine(workers.data_dir).run("db", "check", "--json", **workers.settings)
    assert json.loads(done.stdout) == {"ok": True, "drift": []}


def test_a_worker_on_sqlite_refuses_to_start(tmp_path: Path) -> None:
    done = CommandLine(tmp_path).run("worker")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "PostgreSQL" in done.stderr

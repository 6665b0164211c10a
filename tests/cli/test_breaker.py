"""`sources breaker` beside a running dashboard, and a process that only shares its database."""

from pathlib import Path

from core.models import Actor, BreakerState, Role, SourceDraft
from tests.cli.processes import CommandLine, dashboard
from tests.people import add_organisation
from tests.services.assembly import product
from tests.services.test_holds import eventually

VIEWER = Actor("reader", {"acme": Role.VIEWER})
BREAKER = ("sources", "breaker", "--org", "acme", "orders", "--reason", "کار شبانه")


def test_an_order_goes_through_the_running_dashboard_and_every_process_follows(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "data")
    with product(cli.data_dir) as reader:
        runtime = reader.runtime
        add_organisation(runtime, "acme", "Acme")
        draft = SourceDraft("postgres", "orders", {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u"})
        source = runtime.run(runtime.sources.create(Actor("x", {"acme": Role.EDITOR}), "acme", draft))

        def state() -> BreakerState:
            return runtime.run(runtime.sources.get(VIEWER, "acme", source.id)).state

        with dashboard(cli.data_dir, tmp_path / "log"):
            assert cli.json(*BREAKER, "--action", "force_open")["state"] == "forced_open"
            refused = cli.json("sources", "ping", "--org", "acme", "orders", code=1)["error"]
            assert refused["code"] == "circuit_open"
            assert cli.run("sources", "ping", "--org", "acme", "orders").stderr.endswith("reset the breaker.\n")
            wrong = cli.json(*BREAKER[:-1], " ", "--action", "reset", code=1)["error"]
            assert [error["field"] for error in wrong["errors"]] == ["reason"]
            eventually(lambda: state() is BreakerState.FORCED_OPEN)
        assert cli.json(*BREAKER, "--action", "reset")["state"] == "closed"
        eventually(lambda: state() is BreakerState.CLOSED)

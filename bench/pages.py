"""P11: the list of 1,000 sources, script run and rerun, against the same table in a bare script."""

import pickle
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd  # type: ignore[import-untyped]  # carries no types
import streamlit as st
from streamlit.runtime.context import StreamlitHeaders
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, app_test, local_script_runner

import core.bootstrap
import ui.presence
import ui.runtime
from bench import past
from bench.measure import Contest, Goal, Measures, Workload
from core.models import Actor, Organisation, Role
from core.runtime import Runtime

SOURCES, ROUNDS, LIMIT_S = 1_000, 5, 300
MAIN = Path(__file__).resolve().parent.parent / "ui" / "main.py"
BARE = """
import pickle
import streamlit as st
with open({path!r}, "rb") as file:
    frame, how = pickle.load(file)
st.dataframe(frame, **how)
"""


class Visitor:
    """Stands in for the store of sessions: a script without a browser has no cookie."""

    async def actor_of_session(self, token: str | None, address: str | None = None) -> Actor:
        return Actor("bench", {past.ORG: Role.ADMIN})

    async def organisations_of(self, actor: Actor) -> tuple[Organisation, ...]:
        return (Organisation(1, past.ORG, past.ORG),)


@contextmanager
def serving(home: Path) -> Iterator[Runtime]:
    """The runtime that the pages of this process find."""
    past.fill(home / "data", SOURCES, int(time.time()))
    with core.bootstrap.opened(past.settings_of(home / "data")) as runtime:
        runtime.access = Visitor()  # type: ignore[assignment]  # all that pages ask of it
        ui.runtime.runtime.clear()
        with mock.patch.object(core.bootstrap, "open_runtime", return_value=runtime), as_on_a_server():
            yield runtime
        ui.runtime.runtime.clear()


@contextmanager
def as_on_a_server() -> Iterator[None]:
    """For ours and for the bare script: scripts are compiled once, and neither headers nor sessions are mocks, which
    take milliseconds to answer."""
    scripts = ScriptCache()
    with (
        mock.patch.multiple(type(st.context), cookies={}, headers=StreamlitHeaders([]), ip_address=None),
        mock.patch.object(ui.presence, "_is_active", return_value=True),
        mock.patch.object(local_script_runner, "ScriptCache", return_value=scripts),
        mock.patch.object(app_test, "ScriptCache", return_value=scripts),
    ):
        yield


@contextmanager
def list_and_bare_table() -> Iterator[tuple[Workload, Workload]]:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)):
        path = Path(folder) / "table.pickle"
        path.write_bytes(pickle.dumps(table()))
        script = BARE.format(path=str(path))
        yield (lambda: _runs(AppTest.from_file(str(MAIN)))), (lambda: _runs(AppTest.from_string(script)))


def table() -> tuple[Any, dict[str, Any]]:
    """What the page hands to Streamlit, as the frame that a bare script would hold, and how."""
    with mock.patch.object(st, "dataframe", wraps=st.dataframe) as drawn:
        app = AppTest.from_file(str(MAIN)).run(timeout=LIMIT_S)
    assert not app.exception, app.exception
    call = drawn.call_args
    return pd.DataFrame(call.args[0].to_pydict()), dict(call.kwargs)


def _runs(app: AppTest) -> Measures:
    taken: dict[str, float] = {}
    for name in ("run", "rerun"):
        started, spent = time.perf_counter(), time.process_time()
        app.run(timeout=LIMIT_S)
        taken |= {name: (time.perf_counter() - started) * 1000, f"{name} cpu": (time.process_time() - spent) * 1000}
    assert not app.exception, app.exception
    return taken


CONTESTS = (
    Contest(
        tuple(
            Goal("P11", f"list of {SOURCES} sources, script {name}, over the bare table", name, 2, unit="ms")
            for name in ("run", "rerun", "run cpu", "rerun cpu")
        ),
        list_and_bare_table,
        ROUNDS,
    ),
)
"""Both are measured in Streamlit's own test runner, whose overhead is in ours and in the limit."""

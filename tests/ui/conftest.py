"""Pages run by Streamlit's own test runner against a runtime from memory."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import core.bootstrap
import ui.addressed
import ui.runtime
import ui.session
from core.i18n import Translator
from core.models import Role
from tests.services.assembly import product
from tests.ui.fakes import FakeRuntime
from tests.ui.house import ADDRESS, House
from tests.ui.samples import demo_sources

ROOT = Path(__file__).resolve().parents[2]
RUN_LIMIT_S = 60
"""Only so that a hanging page ends the test: nothing is measured."""

Open = Callable[..., AppTest]
Back = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """Streamlit leaves the page as `__main__`, which a process that a later test starts would run first."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRuntime]:
    fake = FakeRuntime(Role.ADMIN, demo_sources())
    monkeypatch.setattr(core.bootstrap, "open_runtime", lambda _settings: fake)
    monkeypatch.setattr(ui.session, "translator", _strict)
    ui.runtime.runtime.clear()
    yield fake
    ui.runtime.runtime.clear()
    fake.close()


@pytest.fixture
def open_page(runtime: FakeRuntime) -> Open:
    """Opens a page as a browser would: `open_page("source", source=ID, lang="en")`."""

    def opened(page: str = "sources", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=RUN_LIMIT_S)
        for name, value in query.items():
            app.query_params[name] = value
        if page != "sources":
            app.switch_page(f"../pages/{page}.py")
        return app.run()

    return opened


@pytest.fixture
def go_back(monkeypatch: pytest.MonkeyPatch) -> Back:
    """A run as the browser asks for it when it goes back to an address with this: `go_back(app, source=ID)`."""

    def gone(app: AppTest, **query: str) -> AppTest:
        at_address(app, query)
        with monkeypatch.context() as patch:
            patch.setattr(ui.addressed, "came_back", lambda: True)
            return app.run()

    return gone


def at_address(app: AppTest, query: Mapping[str, str]) -> None:
    app.query_params.clear()
    app.query_params.update(query)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Pages over the real services and a database of their own."""
    with product(tmp_path) as made:
        lived_in = House(made)
        lived_in.move_in()
        monkeypatch.setattr(core.bootstrap, "open_runtime", lambda _settings: made.runtime)
        monkeypatch.setattr(ui.session, "translator", _strict)
        monkeypatch.setattr(ui.session, "token", lambda: lived_in.token)
        monkeypatch.setattr(ui.session, "address", lambda: ADDRESS)
        ui.runtime.runtime.clear()
        yield lived_in
        ui.runtime.runtime.clear()


def _strict(lang: str, zone: str, *, isolates: bool) -> Translator:
    """A missing entry fails the test instead of showing its key."""
    return Translator(lang, zone, isolates=isolates, strict=True)


def texts(app: AppTest) -> str:
    """Everything that the page says in words."""
    kinds = (app.title, app.markdown, app.caption, app.info, app.warning, app.error, app.success)
    return "\n".join(element.value for kind in kinds for element in kind)

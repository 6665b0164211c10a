"""A real dashboard process and a real browser."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from core.i18n import LANGUAGES
from tests.browser.visitor import PASSWORD, Visitor
from tests.servers.plugin import unavailable
from tests.servers.processes import reserved_port

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 60
PAGE_LIMIT_MS = 30_000
LOOK_MS = 5_000
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failure, what the page said at its moment."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.when == "call" and report.failed and isinstance(page, Page):
        with suppress(Error):
            report.sections.append(("page", f"{page.url}\n{page.locator('body').inner_text(timeout=LOOK_MS)}"))
    return report


@dataclass(frozen=True)
class Dashboard:
    url: str
    sign_in: str


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    """`python app.py` on an empty data directory."""
    with started(tmp_path) as found:
        yield found


@contextmanager
def started(
    folder: Path, configured: Callable[[str], dict[str, str]] = lambda url: {}, root: Path = ROOT
) -> Iterator[Dashboard]:
    """Ended by its own id. `configured` gives further settings for the address that it is reached at; `root` is
    where the program lies."""
    with reserved_port() as port, (folder / "log").open("wb") as output:
        url = f"http://127.0.0.1:{port}"
        own = {"DATA_DIR": str(folder / "data"), "PORT": str(port), "DEMO": "1", "CHECK_INTERVAL_S": "0"}
        own |= configured(url)
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=root,
            env=os.environ | {f"CHESHMEH_{name}": value for name, value in own.items()},
            stdout=output,
            stderr=output,
        )
        try:
            yield Dashboard(url, _sign_in_link(process, folder / "log"))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _sign_in_link(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"^Sign in: (\S+)$", log.read_text("utf-8", "replace"), re.MULTILINE)
        if found and _answers(found[1]):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"the dashboard did not start: {log.read_text('utf-8', 'replace')}")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard of all tests of a module, with an administrator: their sources have names of their own."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "password").write_text(PASSWORD)
    with started(folder, lambda url: {"ADMIN_PASSWORD_FILE": str(folder / "password")}) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. It goes with the module: while Playwright is there, no test can have an event loop of its own."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        unavailable("Chromium is not installed: make servers")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET.split())
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """An empty browser profile, reading Persian."""
    with browser.new_context(viewport={"width": 1360, "height": 820}, locale="fa-IR") as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(PAGE_LIMIT_MS)
    return page


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def visitor(page: Page, shared: Dashboard, lang: str) -> Iterator[Visitor]:
    """Not signed in yet. On the whole way nobody else is asked anything and the console says no error."""
    visitor = Visitor(page, shared.url, lang)
    yield visitor
    assert visitor.trouble == []


@pytest.fixture
def guest(browser: Browser, shared: Dashboard, lang: str) -> Iterator[Visitor]:
    """Another person with a browser of their own."""
    with browser.new_context(viewport={"width": 1360, "height": 820}, locale="fa-IR") as context:
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        visitor = Visitor(page, shared.url, lang)
        yield visitor
        assert visitor.trouble == []

"""Every page and state, in both languages and themes: what axe finds, what others are asked, what the console says.

`make screenshots` takes a picture of each on its way.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.conftest import PAGE_LIMIT_MS
from tests.browser.states import STATES, World
from tests.browser.visitor import watched
from tests.browser.world import lived_in
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.servers.web import WebServer

PICTURES = os.environ.get("CHESHMEH_TEST_SCREENSHOTS")
LOOKS = [("fa", "light"), ("en", "dark"), *([("fa", "dark"), ("en", "light")] if PICTURES else [])]
"""Each language and theme once, the states shared out between them; for pictures every state in every pair."""
SIZE = ViewportSize(width=1360, height=820)
HIGHEST = 6000
GRAVE = ("serious", "critical")
RULES_MIN = 20
"""Rules that axe has something to say to on every page: fewer, and it did not look."""


@pytest.fixture(scope="module")
def world(
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
    mongodb: MongoServer,
    s3: S3Server,
    pets: WebServer,
    strawberry: WebServer,
) -> Iterator[World]:
    servers = (postgres, mongodb, s3, pets, strawberry)
    with lived_in(browser, tmp_path_factory.mktemp("states"), servers, "fa-IR") as world:
        yield world


@pytest.fixture(params=LOOKS, ids="-".join)
def seen(request: pytest.FixtureRequest, browser: Browser, world: World) -> Iterator[tuple[Page, World, str, str]]:
    lang, theme = request.param
    with browser.new_context(viewport=SIZE, locale="fa-IR", color_scheme=theme, reduced_motion="reduce") as context:
        context.add_cookies(world.cookies)
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        yield page, world, lang, theme


def test_every_state_can_be_read_by_everybody_and_asks_no_other_host(seen: tuple[Page, World, str, str]) -> None:
    page, world, lang, theme = seen
    found: dict[str, list[Any]] = {}
    trouble = watched(page, world.dashboard.url)
    shared_out = STATES if PICTURES else STATES[LOOKS.index((lang, theme)) :: len(LOOKS)]
    for state in shared_out:
        page.context.clear_cookies()
        if state.signed_in:
            page.context.add_cookies(world.cookies)
        state.reach(page, world, lang)
        if PICTURES:
            pictured(page, Path(PICTURES) / f"{state.name}-{lang}-{theme}.png")
        problems = grave(page)
        if state.leave is not None:
            state.leave(page)
        told = [words for words in trouble if not (state.refused and f"status of {state.refused} " in words)]
        if problems or told:
            found[state.name] = [*problems, *told]
        trouble.clear()
    assert found == {}


def pictured(page: Page, path: Path) -> None:
    """The whole page: Streamlit scrolls within it, so the window becomes as high as what it holds."""
    held = _height(page)
    while (later := _height(page)) != held:  # tables and charts come last
        held = later
    page.set_viewport_size(ViewportSize(width=SIZE["width"], height=max(SIZE["height"], min(held, HIGHEST))))
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    page.set_viewport_size(SIZE)


def _height(page: Page) -> int:
    page.wait_for_timeout(250)
    return int(page.evaluate("() => (document.querySelector('[data-testid=stMain]') ?? document.body).scrollHeight"))


def grave(page: Page) -> list[tuple[str, str]]:
    """What axe calls serious or critical: the rule and the element."""
    found = Axe().run(page).response
    assert len(found["passes"]) >= RULES_MIN
    return [
        (violation["id"], node["html"])
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def test_what_cannot_be_read_is_found(seen: tuple[Page, World, str, str]) -> None:
    page, world, lang, _ = seen
    STATES[1].reach(page, world, lang)
    page.evaluate(
        "document.querySelector('h1').insertAdjacentHTML('afterend',"
        ' \'<p style="color: #999; background: #aaa">two words</p><img src="data:,">\')'
    )
    assert {rule for rule, _ in grave(page)} == {"color-contrast", "image-alt"}

"""A telephone in Persian: list, detail and ping, without scrolling sideways."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.steps import add, settled, sign_in
from tests.servers.postgres import PostgresServer

PHONE = ViewportSize(width=390, height=844)
TOO_WIDE = """() => [...document.querySelectorAll('[data-testid=stMain], html')]
  .filter((at) => at.scrollWidth > at.clientWidth).map((at) => `${at.tagName} ${at.scrollWidth}`)"""


@pytest.fixture
def telephone(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport=PHONE, locale="fa-IR", has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        yield page


def test_list_detail_and_ping_fit_a_telephone(telephone: Page, dashboard: Dashboard, postgres: PostgresServer) -> None:
    sign_in(telephone, dashboard)
    source = add(telephone, dashboard, "انبار مرکزی", postgres, postgres.port)
    for path in ("?", f"source?source={source}&", f"source?source={source}&tab=metrics&", "health?", "add?"):
        telephone.goto(f"{dashboard.url}/{path}lang=fa")
        settled(telephone)
        assert telephone.evaluate(TOO_WIDE) == [], path
    telephone.goto(f"{dashboard.url}/source?source={source}&lang=fa")
    settled(telephone)
    telephone.locator(".st-key-source_ping button").tap()
    expect(telephone.locator(".st-key-badges")).to_contain_text("سالم", timeout=PAGE_LIMIT_MS)
    telephone.goto(f"{dashboard.url}/?lang=fa")
    settled(telephone)
    expect(telephone.locator(".st-key-ping_all button:visible")).to_be_in_viewport()
    tiles = [telephone.locator(f".st-key-tile_{status}").bounding_box() for status in ("healthy", "error", "suspended")]
    first, second, third = (tile["y"] for tile in tiles if tile)
    assert first == second < third


MOVING = """() => Math.max(...[...document.querySelectorAll('body *')].map((at) =>
  parseFloat(getComputedStyle(at).transitionDuration) + parseFloat(getComputedStyle(at).animationDuration)))"""


def test_who_asked_for_no_motion_gets_none(browser: Browser, dashboard: Dashboard) -> None:
    with browser.new_context(locale="fa-IR") as context:
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        sign_in(page, dashboard)
        assert page.evaluate(MOVING) > 0.01
        page.emulate_media(reduced_motion="reduce")
        assert page.evaluate(MOVING) <= 0.01

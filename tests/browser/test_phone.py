"""A telephone in Persian: list, detail and ping, without scrolling sideways."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.steps import add, settled, sign_in
from tests.servers.postgres import PostgresServer
from ui.palette import KIND_COLOURS

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


WORDS_ON = """(colour) => {
  const found = { white: 0, black: 0 };
  for (const canvas of document.querySelectorAll("[data-testid=stDataFrame] canvas")) {
    const { width, height } = canvas, { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const is = (at, wanted, by = 40) => wanted.every((value, part) => Math.abs(data[at + part] - value) < by);
    for (let y = 0; y < height; y += 1) {
      const across = [...Array(width).keys()], at = (x) => (y * width + x) * 4;
      const first = across.find((x) => is(at(x), colour, 4)), last = across.findLast((x) => is(at(x), colour, 4));
      for (let x = first; x < last; x += 1) {
        if (is(at(x), [255, 255, 255])) found.white += 1;
        if (is(at(x), [0, 0, 0])) found.black += 1;
      }
    }
  }
  return found;
}"""
"""Of the cells' pill of one colour how many dots of its words are white, and how many black."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_motion_the_words_on_pills_are_as_readable(
    browser: Browser, dashboard: Dashboard, postgres: PostgresServer, scheme: str
) -> None:
    """A table asks the browser what a colour is, and a transition would give the one before it."""
    with browser.new_context(locale="fa-IR", reduced_motion="reduce", color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        sign_in(page, dashboard)
        if not page.request.get(f"{dashboard.url}/orgs/main/datasources").json()["items"]:
            add(page, dashboard, "انبار تازه", postgres, postgres.port)
        page.goto(f"{dashboard.url}/?q=انبار&lang=fa")
        page.get_by_test_id("stDataFrame").wait_for()
        settled(page)
        colour = [int(KIND_COLOURS["postgres"][at : at + 2], 16) for at in (1, 3, 5)]
        found = page.evaluate(WORDS_ON, colour)
        assert found["white"] > 0 == found["black"], found


def test_who_asked_for_no_motion_gets_none(browser: Browser, dashboard: Dashboard) -> None:
    with browser.new_context(locale="fa-IR") as context:
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        sign_in(page, dashboard)
        assert page.evaluate(MOVING) > 0.01
        page.emulate_media(reduced_motion="reduce")
        assert page.evaluate(MOVING) <= 0.01

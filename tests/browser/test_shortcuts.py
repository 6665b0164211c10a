"""Keys that lead somewhere, whatever the keyboard writes, and that leave whoever writes alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add, settled, sign_in
from tests.servers.postgres import PostgresServer


def test_keys_lead_to_pages_and_to_the_search(page: Page, dashboard: Dashboard, postgres: PostgresServer) -> None:
    sign_in(page, dashboard)
    add(page, dashboard, "انبار", postgres, postgres.port)
    page.goto(dashboard.url)
    settled(page)
    page.keyboard.press("KeyG")
    page.keyboard.press("KeyH")
    expect(page).to_have_url(re.compile("/health"), timeout=LIMIT_MS)
    settled(page)
    page.keyboard.press("KeyG")
    page.keyboard.press("KeyS")
    expect(page).to_have_url(re.compile(f"{dashboard.url}/(\\?|$)"), timeout=LIMIT_MS)
    search = page.locator(".st-key-sources_search input")
    search.wait_for()
    page.keyboard.press("Slash")
    expect(search).to_be_focused()
    page.keyboard.type("gh")
    expect(search).to_have_value("gh")
    settled(page)
    assert "/health" not in page.url


@pytest.mark.parametrize("letter", ["ل", "g"])
def test_a_persian_keyboard_has_the_same_keys(page: Page, dashboard: Dashboard, letter: str) -> None:
    sign_in(page, dashboard)
    press = "([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, code, bubbles: true}))"
    for key, code in ((letter, "KeyG"), ("ح", "KeyP")):
        page.evaluate(press, [key, code])
    expect(page).to_have_url(re.compile("/playground"), timeout=LIMIT_MS)


def test_the_question_mark_names_the_keys(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.keyboard.press("Shift+Slash")
    expect(page.get_by_test_id("stDialog").locator("kbd").first).to_be_visible(timeout=LIMIT_MS)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stDialog")).to_have_count(0, timeout=LIMIT_MS)

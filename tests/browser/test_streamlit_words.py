"""Streamlit's own words are replaced wherever they appear, whatever else goes on in the page."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, settled, sign_in

RESTLESS = """() => {
  const mark = document.body.appendChild(document.createElement("i"));
  const turn = () => { mark.title = String(performance.now()); requestAnimationFrame(turn); };
  requestAnimationFrame(turn);
}"""
LATE = """() => {
  const late = document.body.appendChild(document.createElement("button"));
  late.id = "late";
  late.setAttribute("aria-label", "Close");
}"""


def test_what_changes_with_every_frame_does_not_put_them_off(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.goto(f"{dashboard.url}/?lang=fa")
    settled(page)
    page.evaluate(RESTLESS)
    page.evaluate(LATE)
    expect(page.locator("#late")).to_have_attribute("aria-label", "بستن", timeout=LIMIT_MS)

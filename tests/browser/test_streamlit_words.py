"""Streamlit's own words are replaced wherever they appear, whatever else goes on in the page."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Dashboard
from tests.browser.steps import LIMIT_MS, settled, sign_in

STILL = """() => {
  window.cheshmehWords = { whole: { Close: "بستن" }, first: {} };
  document.body.innerHTML = '<button id="there" aria-label="Close"></button>';
}"""
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


def test_what_stood_there_before_is_replaced_too(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.sign_in)  # a page without Streamlit, in which nothing changes afterwards
    page.evaluate(STILL)
    page.evaluate((ROOT / "ui" / "behaviour.js").read_text("utf-8"))
    expect(page.locator("#there")).to_have_attribute("aria-label", "بستن", timeout=LIMIT_MS)


def test_what_changes_with_every_frame_does_not_put_them_off(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.goto(f"{dashboard.url}/?lang=fa")
    settled(page)
    page.evaluate(RESTLESS)
    page.evaluate(LATE)
    expect(page.locator("#late")).to_have_attribute("aria-label", "بستن", timeout=LIMIT_MS)

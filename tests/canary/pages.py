"""The pages in a real browser: what they show, and every frame that came over the websocket."""

from pathlib import Path

from playwright.sync_api import Browser, Page, WebSocket

from core.redaction import MASK
from tests.browser.conftest import PAGE_LIMIT_MS
from tests.browser.steps import settled
from tests.canary.files import ENDINGS, text_of
from tests.canary.run import BRIEFLY, LANGUAGES, Run

PLAIN = ("sources?", "health?range=30d&", "add?", "admin?")
OF_A_SOURCE = ("source", "playground")
TALKATIVE = "answer"
"""The way to leak that still answers."""
MOST = 2
"""Kinds whose pages are opened where time is short: the one that leaks, and one more."""


def looked_at(browser: Browser, run: Run) -> None:
    """Signs in with a password of our own, and opens every page in both languages."""
    frames: list[str] = []
    with browser.new_context(locale="fa-IR") as context:
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        page.on("websocket", lambda socket: _listened_to(socket, frames))
        _sign_in(page, run)
        [session] = [each["value"] for each in context.cookies() if each["name"] == "cheshmeh_session"]
        run.canaries.watch("session", str(session))
        for address in _addresses(run):
            page.goto(f"{run.program.url}/{address}")
            settled(page)
            run.program.said[f"page {address}"] = page.content()
            if address.startswith("health"):
                _exported(page, run, address)
            if address.startswith(f"playground?source={run.ids[TALKATIVE]}"):
                _sampled(page, run, address)
    # What it says of itself was shown, masked: the search does not look at empty pages.
    assert any(MASK in frame for frame in frames)
    run.program.said["frames"] = "\n".join(frames)


def _exported(page: Page, run: Run, address: str) -> None:
    """What the charts of the page give to take along."""
    buttons = page.locator("[class*=st-key-csv_] button:visible")
    buttons.first.wait_for()
    for button in buttons.all():
        with page.expect_download() as download:
            button.click()
        name = download.value.suggested_filename
        run.program.said[f"export {name} of {address}"] = text_of(name, Path(download.value.path()).read_bytes())


def _sampled(page: Page, run: Run, address: str) -> None:
    """A sample: what its views show, and every file of it."""
    page.locator(".st-key-run button").click()
    page.get_by_test_id("stDataFrame").first.wait_for()
    for tab in page.get_by_role("tab").all():
        tab.click()
        settled(page)
        run.program.said[f"{tab.inner_text()} of {address}"] = page.content()
    page.locator("[data-testid=stPopover] button:visible").first.click()
    for ending in (*ENDINGS, "card-json"):
        with page.expect_download() as download:
            page.locator(f".st-key-download_{ending} button:visible").click()
        name = download.value.suggested_filename
        found = text_of(name, Path(download.value.path()).read_bytes())
        assert MASK in found
        run.program.said[f"download {name} of {address}"] = found


def _sign_in(page: Page, run: Run) -> None:
    page.goto(run.program.sign_in)
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", run.canaries.new("password of a user"))
    page.click("[type=submit]")
    settled(page)


def _addresses(run: Run) -> list[str]:
    languages = LANGUAGES[:1] if BRIEFLY else LANGUAGES
    kinds = sorted(run.ids, key=lambda kind: kind != TALKATIVE)[: MOST if BRIEFLY else None]
    named = [f"{page}lang={lang}" for page in PLAIN for lang in languages]
    return named + [
        f"{page}?source={run.ids[kind]}&lang={lang}" for page in OF_A_SOURCE for kind in kinds for lang in languages
    ]


def _listened_to(socket: WebSocket, frames: list[str]) -> None:
    socket.on("framereceived", lambda frame: frames.append(_text(frame)))


def _text(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")

"""A third language is one file: every page and state in one that nobody speaks, where words of the code stand out."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PAGE_LIMIT_MS
from tests.browser.states import STATES, World
from tests.browser.test_every_state import PICTURES, SIZE, pictured
from tests.browser.world import lived_in
from tests.canary.program import copy_of_the_program
from tests.i18n import pseudo
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.servers.web import WebServer

WORD = re.compile("[A-Za-z]{3,}")
OWN = """admin main app public shop_items vacant reader orders shop prefer postgres
 PostgreSQL SQLite HTTP GET uvicorn Chrome Linux us-east-1 cheshmeh-states cheshmeh_states cheshmeh-tests
 cheshmeh_tests reports paid English
 id age codes price tags who left born name owner young mine search pets pet_id kind limit carrier seconds size count
 airline airlines big broken deep numbers slow Airline Node sold_at parameters delete
 array double int string null object date integer String Int Float boolean decimal timestamptz One Search Mine
 path prefix collection sql args param table query select from where interval information_schema tables day now founded
 has_table_privilege insert update truncate SELECT FROM float http https csv PNG JSON
 options available"""
CLDR = " ".join([*Locale(pseudo.LANG).months["format"]["abbreviated"].values(), "kaj"])
DATA = frozenset(WORD.findall(f"{OWN} {CLDR}"))
"""What is no word of ours: the world's data, what servers say of themselves, dates and lists as CLDR writes them, and
what React Aria announces."""
ADDRESS = re.compile(r"\S*(?:/|\.\w)\S*")
"""Hosts, paths and names with dots."""
NUMBER = re.compile(r"\bk?[0-9a-f]{8,}\b")
"""Numbers of keys and checksums: drawn by lot, sometimes with three letters in a row."""
SAID = """() => {
  const seen = [], names = ["aria-label", "placeholder", "title", "alt", "data-title"];
  const skipped = "code, pre, kbd, textarea, script, style, noscript, [aria-hidden=true], " +
    "[data-testid=stCode], [data-testid=stJson]";
  const icon = (at) => getComputedStyle(at).fontFamily.includes("Material");
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const at = texts.currentNode.parentElement;
    if (at.closest(skipped) || icon(at)) continue;
    const cell = at.closest('[class*="st-key-mirrored_"] [role=grid]');
    if (cell || at.checkVisibility({ visibilityProperty: true })) seen.push(texts.currentNode.data);
  }
  for (const name of names) for (const at of document.querySelectorAll(`[${name}]`))
    if (!at.closest(skipped) && at.checkVisibility()) seen.push(at.getAttribute(name));
  return seen;
}"""


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
    copy = tmp_path_factory.mktemp("copy") / "program"
    copy_of_the_program(copy)
    pseudo.write(copy / "core" / "i18n")
    servers = (postgres, mongodb, s3, pets, strawberry)
    with lived_in(browser, tmp_path_factory.mktemp("third"), servers, pseudo.LANG, copy) as world:
        yield world


def test_no_text_stands_in_the_code(browser: Browser, world: World) -> None:
    found: dict[str, Any] = {}
    with browser.new_context(viewport=SIZE, locale=pseudo.LANG, reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        for state in STATES:
            context.clear_cookies()
            if state.signed_in:
                context.add_cookies(world.cookies)
            state.reach(page, world, pseudo.LANG)
            if PICTURES:
                pictured(page, Path(PICTURES) / f"{state.name}-{pseudo.LANG}-light.png")
            if strange := english(page):
                found[state.name] = strange
            if state.leave is not None:
                state.leave(page)
    assert found == {}


def english(page: Page) -> list[str]:
    """What is to be read and was written by no catalogue, once Streamlit's own words are replaced: a moment later."""
    end = time.monotonic() + PAGE_LIMIT_MS / 1000
    while (strange := _strange(page)) and time.monotonic() < end:
        page.wait_for_timeout(200)
    return strange


def _strange(page: Page) -> list[str]:
    told = {text.strip() for text in page.evaluate(SAID)}
    return sorted(text for text in told if set(WORD.findall(NUMBER.sub("", ADDRESS.sub("", text)))) - DATA)

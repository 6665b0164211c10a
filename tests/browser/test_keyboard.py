"""From the sign-in to a sample without a mouse: the focus is seen at every stop and goes the way one reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, PASSWORD, add
from tests.browser.visitor import Visitor, settled
from tests.servers.postgres import PostgresServer

expect.set_options(timeout=LIMIT_MS)
STOPS_MAX = 60
EDGE = 6
"""Pixels around an element in which its ring is drawn."""
HERE = """() => {
    const here = document.activeElement, box = here.getBoundingClientRect();
    const block = here.closest("header, [data-testid=stSidebar], [data-testid=stMain]");
    const named = here.closest("[class*=st-key-]") || here.parentElement || here;
    return {tag: here.tagName, place: block ? block.dataset.testid : "", text: here.innerText || here.ariaLabel || "",
            key: named.className.toString(), x: box.x, y: box.y, width: box.width, height: box.height};
}"""
FORGET = "() => { window.left = document.activeElement; window.left.blur(); }"
RETURN = "() => window.left.focus({focusVisible: true, preventScroll: true})"
WHOLE = ("MAIN", "CANVAS", "BODY", "IFRAME")
"""What a page scrolls in, and a table: of the one the bar is the mark, of the other the cell that is reached."""


@dataclass(frozen=True)
class Stop:
    tag: str
    place: str
    text: str
    key: str
    box: FloatRect

    def beside(self, other: "Stop") -> bool:
        """In one row of the same part of the page."""
        top, low = max(self.box["y"], other.box["y"]), min(_bottom(self.box), _bottom(other.box))
        return self.place == other.place and low - top > min(self.box["height"], other.box["height"]) / 2


def _bottom(box: FloatRect) -> float:
    return box["y"] + box["height"]


def stop(page: Page) -> Stop:
    found = page.evaluate(HERE)
    box: FloatRect = {name: found.pop(name) for name in ("x", "y", "width", "height")}  # type: ignore[assignment]  # these
    return Stop(box=box, **found)


def stops(page: Page) -> Iterator[Stop]:
    """From where the focus is, key by key."""
    for _ in range(STOPS_MAX):
        page.keyboard.press("Tab")
        yield stop(page)
    pytest.fail("Tab did not lead there")


def walk_to(visitor: Visitor, key: str) -> list[Stop]:
    """Tab until the button with these words; the stops on the way."""
    way, wanted = [], visitor.text(key)
    for reached in stops(visitor.page):
        way.append(reached)
        if reached.tag == "BUTTON" and reached.text.endswith(wanted):
            break
    return way


def is_seen(page: Page, reached: Stop) -> bool:
    """Whether the element looks another way than without the focus."""
    size = page.viewport_size or {"width": 0, "height": 0}
    x, y = max(reached.box["x"] - EDGE, 0), max(reached.box["y"] - EDGE, 0)
    right = min(reached.box["x"] + reached.box["width"] + EDGE, size["width"])
    clip: FloatRect = {
        "x": x,
        "y": y,
        "width": right - x,
        "height": min(_bottom(reached.box) + EDGE, size["height"]) - y,
    }
    focused = page.screenshot(clip=clip, animations="disabled")
    page.evaluate(FORGET)
    plain = page.screenshot(clip=clip, animations="disabled")
    page.evaluate(RETURN)
    return focused != plain


def against_reading(visitor: Visitor, way: list[Stop]) -> list[tuple[str, str]]:
    """Neighbours in one row of which the second stands before the first."""
    sign = -1 if visitor.direction == "rtl" else 1
    pairs = [
        (one, other) for one, other in pairwise(way) if one.beside(other) and not {one.tag, other.tag} & set(WHOLE)
    ]
    assert pairs
    return [(a.text or a.key, b.text or b.key) for a, b in pairs if (b.box["x"] - a.box["x"]) * sign <= 0]


def test_a_source_is_reached_pinged_and_sampled_by_keys_alone(
    visitor: Visitor, shared: Dashboard, postgres: PostgresServer
) -> None:
    page, name = visitor.page, f"انبار {visitor.lang}"
    sign_in(visitor)
    add(page, shared, name, postgres, postgres.port)
    open_from_list(visitor, name)
    walk_to(visitor, "source.ping")
    page.keyboard.press("Enter")
    expect(visitor.said("sources.ping.ok")).to_be_visible()
    page.keyboard.press("KeyG")
    page.keyboard.press("KeyP")
    expect(visitor.button("playground.run")).to_be_visible()
    choose(visitor, name)
    walk_to(visitor, "playground.run")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()


def sign_in(visitor: Visitor) -> None:
    """The name has the focus already."""
    visitor.open("session/login")
    visitor.page.keyboard.type("admin")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.type(PASSWORD)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("html")).to_have_attribute("dir", visitor.direction)
    settled(visitor.page)


def open_from_list(visitor: Visitor, name: str) -> None:
    """Search, then the table's only row."""
    page = visitor.page
    visitor.open()
    expect(visitor.row(name)).to_have_count(1)
    page.keyboard.press("Slash")
    expect(visitor.field("sources.search")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("canvas tr:has(td)")).to_have_count(1)
    expect(visitor.row(name)).to_have_count(1)
    next(reached for reached in stops(page) if reached.tag == "CANVAS")
    page.keyboard.press("ArrowDown")
    expect(page.locator("canvas td:focus")).to_have_count(1)
    page.keyboard.press("Shift+Space")
    expect(visitor.heading(name)).to_be_visible()


def choose(visitor: Visitor, name: str) -> None:
    """By its name, in the list of sources."""
    page = visitor.page
    next(reached for reached in stops(page) if reached.text.startswith(visitor.text("playground.source")))
    page.keyboard.type(name)
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    settled(page)


@pytest.mark.parametrize("path", ["", "source?source={}", "playground?source={}"], ids=["list", "source", "playground"])
def test_the_focus_is_seen_at_every_stop_and_goes_the_way_one_reads(
    visitor: Visitor, shared: Dashboard, postgres: PostgresServer, path: str
) -> None:
    visitor.sign_in()
    name = f"{path[:4]} {visitor.lang}"
    source = add(visitor.page, shared, name, postgres, postgres.port)
    visitor.open(path.format(source))
    expect(visitor.page.get_by_test_id("stMain").get_by_role("button").first).to_be_visible()
    way: list[Stop] = []
    unseen: list[str] = []
    for reached in stops(visitor.page):
        if way and (reached.tag == "BODY" or reached.text == way[0].text):
            break
        way.append(reached)
        if reached.tag not in WHOLE and not is_seen(visitor.page, reached):
            unseen.append(reached.text or reached.key)
    assert unseen == []
    assert against_reading(visitor, way) == []

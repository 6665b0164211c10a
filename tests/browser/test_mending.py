"""Why a source fails is found out, and the field at fault is mended, in Chromium in both languages."""

from copy import copy
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add
from tests.browser.visitor import Visitor
from tests.servers.postgres import PostgresServer

expect.set_options(timeout=LIMIT_MS)
WRONG = "Zq7-never-shown"


@dataclass(frozen=True)
class Fault:
    """A field of PostgreSQL, a wrong and a right value of it, and the rung of the ladder at which it shows."""

    field: str
    wrong: Any
    right: Any
    step: str


@pytest.fixture(params=["password", "port"])
def fault(request: pytest.FixtureRequest, postgres: PostgresServer, refused_port: int) -> Fault:
    if request.param == "password":
        return Fault("password", WRONG, postgres.password, "auth")
    return Fault("port", refused_port, postgres.port, "tcp")


def test_a_failing_source_is_traced_to_its_field_mended_and_healthy(
    visitor: Visitor, shared: Dashboard, postgres: PostgresServer, fault: Fault
) -> None:
    visitor.sign_in()
    name = f"{fault.field} {visitor.lang}"
    broken = copy(postgres)
    setattr(broken, fault.field, fault.wrong)
    add(visitor.page, shared, name, broken, broken.port)
    see_it_fail(visitor, name)
    find_out_why(visitor, fault)
    mend(visitor, fault, postgres.password)
    visitor.button("source.ping").click()
    expect(visitor.page.locator(".st-key-badges")).to_contain_text(visitor.text("status.healthy"))
    visitor.to_page("nav.sources")
    expect(visitor.row(name)).to_contain_text(visitor.text("status.healthy"))
    assert WRONG not in visitor.page.content()


def see_it_fail(visitor: Visitor, name: str) -> None:
    """In the list, which shows this one alone; its row leads to its page."""
    visitor.open()
    visitor.field("sources.search").fill(name)
    visitor.field("sources.search").press("Enter")
    expect(visitor.page.locator("canvas tr:has(td)")).to_have_count(1)
    visitor.button("sources.ping_all").click()
    expect(visitor.said("ping_all.done")).to_be_visible()
    expect(visitor.row(name)).to_contain_text(visitor.text("status.error"))
    grid = visitor.page.locator(".st-key-mirrored_sources_table [data-testid=stDataFrame]")
    box = grid.bounding_box()
    assert box is not None
    # The box that chooses a row stands on the left in every language.
    grid.click(position={"x": 16, "y": box["height"] - 16})
    expect(visitor.heading(name)).to_be_visible()


def find_out_why(visitor: Visitor, fault: Fault) -> None:
    """What, why and what to do; the rung at which it stops names the field."""
    why = visitor.page.locator(".st-key-why_error")
    expect(visitor.said("box.since", why)).to_be_visible()
    expect(visitor.said("box.advice", why)).to_be_visible()
    visitor.button("ladder.start").click()
    ladder = visitor.page.locator(".st-key-ladder")
    expect(visitor.said("ladder.broke", ladder)).to_contain_text(visitor.text(f"step.{fault.step}"))
    expect(ladder.locator(f".st-key-check_help_{fault.step}")).to_contain_text(label(visitor, fault))


def mend(visitor: Visitor, fault: Fault, password: str) -> None:
    """The new setting is tried before it takes the old one's place."""
    visitor.button("source.edit").click()
    dialog = visitor.page.get_by_role("dialog")
    field = visitor.setting("postgres", fault.field, dialog)
    expect(field).to_have_value("" if fault.field == "password" else str(fault.wrong))
    give(field, str(fault.right))
    # A secret goes to no other place than the one that it was stored for.
    give(visitor.setting("postgres", "password", dialog), password)
    expect(visitor.field("source.edit.verify", dialog)).to_be_checked()
    visitor.button("source.edit.save", dialog).click()
    expect(dialog).to_have_count(0)
    expect(visitor.said("source.edit.saved")).to_be_visible()


def give(field: Locator, value: str) -> None:
    field.fill(value)
    field.press("Tab")


def label(visitor: Visitor, fault: Fault) -> str:
    return visitor.text(f"kind.postgres.field.{fault.field}")

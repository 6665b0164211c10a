"""Somebody is invited, comes in, sees what an analyst sees, and is gone at the next click; in Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.models import Role
from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.steps import LIMIT_MS, add, settled, sign_in
from tests.browser.visitor import Visitor
from tests.servers.postgres import PostgresServer
from ui.grid import HEADER_HEIGHT, ROW_HEIGHT

expect.set_options(timeout=LIMIT_MS)
THEIR_PASSWORD = "purple tractor by the lake"
WIDE = {"width": 1360, "height": 820}


def press_last(visitor: Visitor, table: str, row: int) -> None:
    """The last button of a row, at the left in Persian. A grid is drawn, not made of elements."""
    grid = visitor.page.locator(f".st-key-mirrored_{table} [data-testid=stDataFrame]")
    box = grid.bounding_box()
    assert box is not None
    x = ROW_HEIGHT if visitor.direction == "rtl" else box["width"] - ROW_HEIGHT
    grid.click(position={"x": x, "y": HEADER_HEIGHT + (row + 0.5) * ROW_HEIGHT})


def invited(visitor: Visitor) -> str:
    """The link that the administrator is shown."""
    visitor.to_page("nav.admin")
    expect(visitor.tab("admin.tab.members")).to_be_visible()
    visitor.page.get_by_text(visitor.text("admin.invitations.add"), exact=True).click()
    note = visitor.field("input.note")
    note.fill("همکار تازه")
    note.press("Enter")
    settled(visitor.page)
    visitor.button("admin.invitations.go").click()
    expect(visitor.said("once.invitation")).to_be_visible()
    shown = visitor.page.get_by_text("/session/invitation?code=")
    return shown.inner_text().strip()


@pytest.fixture
def other(browser: Browser) -> Page:
    """Another person's browser."""
    page = browser.new_context(viewport=WIDE, locale="fa-IR").new_page()  # type: ignore[arg-type]  # a literal
    page.set_default_timeout(PAGE_LIMIT_MS)
    return page


def join(guest: Visitor, link: str, name: str) -> None:
    """Says whereto and as what before anything is typed."""
    guest.page.goto(f"{link}&lang={guest.lang}")
    lead = guest.text("session.invitation.lead", role=Role.ANALYST.label)
    expect(guest.page.get_by_text(lead)).to_be_visible()
    guest.field("session.username").fill(name)
    guest.field("session.setup.password").fill(THEIR_PASSWORD)
    guest.button("session.invitation.submit").click()
    settled(guest.page)


def sees_what_an_analyst_sees(guest: Visitor, source: str) -> None:
    """The list with its role, and no page that is not theirs."""
    expect(guest.page.locator("html")).to_have_attribute("dir", guest.direction)
    expect(guest.row(source)).to_have_count(1)
    expect(guest.button("sources.ping_all")).to_be_visible()
    for name in ("nav.add", "nav.admin"):
        expect(guest.link(name)).to_have_count(0)
    guest.page.locator(".st-key-user_menu button").first.hover()
    role = guest.text("user.role", role=guest.text("role.analyst"))
    expect(guest.page.get_by_text(role).first).to_be_visible()
    guest.open("admin?tab=audit")
    expect(guest.said("error.forbidden.role")).to_be_visible()
    expect(guest.page.locator("table, [data-testid=stDataFrame], [data-testid=stTab]")).to_have_count(0)
    guest.to_page("nav.sources")


def remove(visitor: Visitor, name: str) -> None:
    visitor.page.reload()
    expect(visitor.said("once.invitation")).to_have_count(0)
    visitor.page.locator(".st-key-mirrored_members canvas").first.wait_for()
    press_last(visitor, "members", row=1)
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_contain_text(name)
    visitor.button("ask.member_remove.go", dialog).click()
    expect(dialog).to_have_count(0)


def test_an_invited_person_comes_in_as_an_analyst_and_is_out_at_the_next_click(
    visitor: Visitor, guest: Visitor, shared: Dashboard, postgres: PostgresServer
) -> None:
    name, source = f"نگار {visitor.lang}", f"انبار {visitor.lang}"
    visitor.sign_in()
    add(visitor.page, shared, source, postgres, postgres.port)
    join(guest, invited(visitor), name)
    sees_what_an_analyst_sees(guest, source)
    remove(visitor, name)
    guest.button("sources.ping_all").click()
    expect(guest.said("error.forbidden.no_organisation")).to_be_visible()
    expect(guest.page.locator("[data-testid=stDataFrame]")).to_have_count(0)

    visitor.tab("admin.tab.audit").click()
    trail = visitor.page.locator("table.trail")
    expect(trail.locator("tbody tr").first).to_contain_text(name)
    with visitor.page.expect_download() as download:
        visitor.page.locator(".st-key-csv_audit button").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    assert text.splitlines()[0] == "time,person,address,action,target,target_id,before,after"
    assert f",member.remove,{name}," in text


def test_another_password_signs_the_other_browser_out(page: Page, other: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    other.goto(f"{dashboard.url}/session/login?lang=fa")
    other.fill("input[name=username]", "admin")
    other.fill("input[name=password]", "correct horse battery staple")
    other.click("[type=submit]")
    settled(other)
    page.goto(dashboard.url)
    page.locator(".st-key-user_menu button").first.click()
    page.get_by_role("menuitem", name="حساب من").click()
    expect(page.locator(".st-key-sessions_end_others")).to_be_visible(timeout=LIMIT_MS)
    for name, value in (
        ("old_password", "correct horse battery staple"),
        ("password", THEIR_PASSWORD),
        ("password_again", THEIR_PASSWORD),
    ):
        page.locator(f".st-key-ltr_{name} input").fill(value)
    page.locator(".st-key-password_go button").click()
    expect(page.locator(".st-key-sessions_end_others")).to_have_count(0, timeout=LIMIT_MS)
    other.get_by_role("link", name="سلامت سازمان").click()
    expect(other.locator("a[href='/session/login']")).to_be_visible(timeout=LIMIT_MS)
    page.goto(f"{dashboard.url}/health")
    expect(page.get_by_role("heading", name="سلامت سازمان")).to_be_visible(timeout=LIMIT_MS)


def edited(page: Page, dashboard: Dashboard, postgres: PostgresServer) -> str:
    """The id of a new source whose dialog is open."""
    sign_in(page, dashboard)
    source = add(page, dashboard, "انبار", postgres, postgres.port)
    page.goto(f"{dashboard.url}/source?source={source}&lang=fa")
    page.locator(".st-key-source_edit button").click()
    return source


def test_a_number_may_be_typed_in_the_digits_of_any_keyboard(
    page: Page, dashboard: Dashboard, postgres: PostgresServer
) -> None:
    source = edited(page, dashboard, postgres)
    for name, typed, read in (("threshold", "۱۲", "12"), ("timeout", "٢٠٫۵", "20.5")):
        box = page.locator(f".st-key-edit_{name} input")
        box.press("Control+a")
        page.keyboard.insert_text(typed)
        expect(box).to_have_value(read, timeout=LIMIT_MS)
        box.press("Tab")
    page.locator(".st-key-edit_save button").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LIMIT_MS)
    now = page.request.get(f"{dashboard.url}/orgs/main/datasources/{source}").json()
    assert now["breaker"] == {"failure_threshold": 12, "timeout_seconds": 20.5}


def test_the_second_of_two_editors_is_told_in_the_dialog(
    page: Page, dashboard: Dashboard, postgres: PostgresServer
) -> None:
    source = edited(page, dashboard, postgres)
    name = page.locator(".st-key-edit_name input")
    name.fill("انبار مشهد")
    name.press("Enter")
    description = page.locator(".st-key-edit_description textarea")
    description.fill("از من")
    description.press("Control+Enter")
    url, headers = f"{dashboard.url}/orgs/main/datasources/{source}", {"Origin": dashboard.url}
    assert page.request.patch(url, data={"description": "از او", "tags": ["شب"]}, headers=headers).status == 200
    page.locator(".st-key-edit_save button").click()
    told = page.locator(".st-key-why_suspended_meanwhile")
    expect(told).to_contain_text("کس دیگری این منبع را تغییر داد", timeout=LIMIT_MS)
    expect(name).to_have_value("انبار مشهد")
    told.get_by_text("مال او بماند").click()
    page.locator(".st-key-edit_save button").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LIMIT_MS)
    now = page.request.get(url).json()
    assert (now["name"], now["description"], now["tags"]) == ("انبار مشهد", "از او", ["شب"])

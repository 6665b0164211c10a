"""Somebody is invited, comes in, sees what an analyst sees, and is gone at the next click; in Chromium."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.steps import LIMIT_MS, add, settled, sign_in
from tests.servers.postgres import PostgresServer
from ui.grid import HEADER_HEIGHT, ROW_HEIGHT

THEIR_PASSWORD = "purple tractor by the lake"
WIDE = {"width": 1360, "height": 820}


def press_last(page: Page, table: str, row: int) -> None:
    """The last button of a row, at the left in Persian. A grid is drawn, not made of elements."""
    box = page.locator(f".st-key-mirrored_{table} [data-testid=stDataFrame]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + ROW_HEIGHT, box["y"] + HEADER_HEIGHT + (row + 0.5) * ROW_HEIGHT)


def invited(page: Page, dashboard: Dashboard) -> str:
    """The link that the administrator is shown."""
    page.goto(f"{dashboard.url}/admin?tab=members&lang=fa")
    page.locator(".st-key-invite summary").click()
    page.locator(".st-key-invitation_note input").fill("همکار تازه")
    page.locator(".st-key-invitation_note input").press("Enter")
    settled(page)
    page.locator(".st-key-invite_go button").click()
    shown = page.locator(".st-key-why_healthy_invitation code")
    expect(shown).to_contain_text("/session/invitation?code=", timeout=LIMIT_MS)
    return shown.inner_text().strip()


@pytest.fixture
def other(browser: Browser) -> Page:
    """Another person's browser."""
    page = browser.new_context(viewport=WIDE, locale="fa-IR").new_page()  # type: ignore[arg-type]  # a literal
    page.set_default_timeout(PAGE_LIMIT_MS)
    return page


def test_an_invited_person_comes_in_as_an_analyst_and_is_out_at_the_next_click(
    page: Page, other: Page, dashboard: Dashboard, postgres: PostgresServer
) -> None:
    sign_in(page, dashboard)
    add(page, dashboard, "انبار", postgres, postgres.port)
    link = invited(page, dashboard)

    other.goto(link)
    other.fill("input[name=username]", "نگار")
    other.fill("input[name=password]", THEIR_PASSWORD)
    other.click("[type=submit]")
    settled(other)
    expect(other.locator(".st-key-ping_all")).to_be_visible()
    expect(other.get_by_role("link", name="افزودن منبع")).to_have_count(0)
    expect(other.get_by_role("link", name="مدیریت")).to_have_count(0)
    other.goto(f"{dashboard.url}/admin?tab=audit")
    expect(other.get_by_text("دست‌کم نقش مدیر")).to_be_visible(timeout=LIMIT_MS)
    expect(other.locator("table, [data-testid=stDataFrame], [data-testid=stTab]")).to_have_count(0)
    other.goto(dashboard.url)
    settled(other)

    page.reload()
    settled(page)
    expect(page.locator(".st-key-why_healthy_invitation")).to_have_count(0)
    page.locator(".st-key-mirrored_members canvas").first.wait_for()
    press_last(page, "members", row=1)
    expect(page.get_by_role("dialog")).to_contain_text("نگار")
    page.locator(".st-key-member_remove_go button").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LIMIT_MS)

    other.locator(".st-key-ping_all button:visible").click()
    expect(other.get_by_text("عضو هیچ سازمانی نیستید")).to_be_visible(timeout=LIMIT_MS)
    expect(other.locator("[data-testid=stDataFrame]")).to_have_count(0)

    page.goto(f"{dashboard.url}/admin?tab=audit&lang=fa")
    trail = page.locator("table.trail")
    expect(trail).to_contain_text("نگار", timeout=LIMIT_MS)
    expect(trail.locator("tbody tr").first).to_contain_text(re.compile("عضو"))
    with page.expect_download() as download:
        page.locator(".st-key-csv_audit button").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    assert text.splitlines()[0] == "time,person,address,action,target,target_id,before,after"
    assert ",member.remove,نگار," in text


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


def test_the_second_of_two_editors_is_told_in_the_dialog(
    page: Page, dashboard: Dashboard, postgres: PostgresServer
) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "انبار", postgres, postgres.port)
    page.goto(f"{dashboard.url}/source?source={source}&lang=fa")
    page.locator(".st-key-source_edit button").click()
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

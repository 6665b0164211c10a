"""The ladder in Chromium: rung by rung on a source's page and in the wizard, in both languages."""

from playwright.sync_api import expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add
from tests.browser.visitor import Visitor
from tests.servers.postgres import PostgresServer

expect.set_options(timeout=LIMIT_MS)
WRONG = "Zq7-never-shown"


def test_a_ladder_that_hangs_shows_where_and_can_be_stopped(
    visitor: Visitor, shared: Dashboard, postgres: PostgresServer, silent_port: int
) -> None:
    visitor.sign_in()
    source = add(visitor.page, shared, f"silent {visitor.lang}", postgres, silent_port)
    visitor.open(f"source?source={source}")
    visitor.button("ladder.start").click()
    under_way = visitor.page.locator(".st-key-checks p", has=visitor.page.get_by_text("progress_activity"))
    expect(under_way).to_contain_text(visitor.text("step.tls"))
    visitor.button("ladder.cancel").click()
    expect(visitor.button("ladder.cancel")).to_have_count(0)
    expect(visitor.button("ladder.start")).to_be_enabled()


def test_the_wizard_shows_a_wrong_password_beside_its_field(
    visitor: Visitor, shared: Dashboard, postgres: PostgresServer
) -> None:
    visitor.sign_in()
    visitor.open("add")
    visitor.page.locator(".st-key-choose_postgres button").click()
    visitor.field("add.field.name").fill("another")
    given = {"host": postgres.host, "port": str(postgres.port), "database": postgres.database, "user": postgres.user}
    for name, value in {**given, "password": WRONG}.items():
        visitor.setting("postgres", name).fill(value)
        visitor.setting("postgres", name).press("Tab")
    visitor.button("add.continue").click()
    password = visitor.text("kind.postgres.field.password")
    expect(visitor.page.locator(".st-key-summary")).to_contain_text(password)
    expect(visitor.page.locator(".st-key-check_help_auth")).to_contain_text(password)
    visitor.button("add.test.fix").click()
    expect(visitor.page.locator(".st-key-wrong_password")).to_be_visible()
    assert WRONG not in visitor.page.content()

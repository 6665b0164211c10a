"""Every page and state that a person can see, and how it is reached."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.steps import choosing, drawn, settled

Act = Callable[[Page], None]


@dataclass(frozen=True)
class World:
    """A dashboard with an organisation of its own and sources in each status, by what they are called here."""

    dashboard: Dashboard
    sources: dict[str, str]
    cookies: list[Any] = field(repr=False)


@dataclass(frozen=True)
class State:
    """`path` is below the dashboard; names in braces are sources. `act` is what a person does there, `leave` undoes
    what it changed for everybody. `refused` is the status that the page itself answers with, which the browser logs."""

    name: str
    path: str
    act: Act | None = None
    signed_in: bool = True
    leave: Act | None = None
    refused: int | None = None

    def reach(self, page: Page, world: World, lang: str) -> None:
        path = self.path.format(**world.sources)
        page.goto(f"{world.dashboard.url}/{path}{'&' if '?' in path else '?'}lang={lang}")
        if self.signed_in:
            settled(page)
        if self.act is not None:
            self.act(page)
        drawn(page)


def _press(*keys: str) -> Act:
    """Presses the button of each Streamlit key, one after the other."""

    def act(page: Page) -> None:
        for key in keys:
            page.locator(f".st-key-{key} button:visible").first.click()
            settled(page)

    return act


def _choose_two(page: Page) -> None:
    table = choosing(page)
    for row, digits in enumerate(("1۱", "2۲")):
        table.click(position={"x": 16, "y": 55 + 42 * row})  # the boxes stand on the left in every language
        settled(page)
        expect(page.locator(".st-key-bulk")).to_contain_text(re.compile(f"^⟦?[{digits}] "), timeout=PAGE_LIMIT_MS)
    expect(page.locator(".st-key-bulk_pause button:visible").first).to_be_enabled(timeout=PAGE_LIMIT_MS)


def _wrong_sample(page: Page) -> None:
    editor = page.locator('[class*="st-key-ltr_params_"] textarea')
    editor.fill('{"sql": "delete from shop_items"}')
    editor.blur()
    expect(page.get_by_test_id("stAlert").first).to_be_visible(timeout=PAGE_LIMIT_MS)


def _after_run(act: Act) -> Act:
    """On what the first sample shows."""

    def acts(page: Page) -> None:
        _press("run")(page)
        expect(page.get_by_test_id("stDataFrame").first).to_be_visible(timeout=PAGE_LIMIT_MS)
        act(page)

    return acts


def _view(number: int) -> Act:
    def act(page: Page) -> None:
        tab = page.get_by_role("tab").nth(number)
        tab.click()
        # What it shows comes with the next run, which may begin late: until then the old one stands there, and fades.
        page.locator(f"[id='{tab.get_attribute('aria-controls')}'] [data-testid=stElementContainer]").first.wait_for()
        settled(page)

    return act


def _download(page: Page) -> None:
    page.locator("[data-testid=stPopover] button:visible").last.click()
    page.locator(".st-key-download_csv button:visible").first.wait_for()


def _first_expander(page: Page) -> None:
    page.locator(".st-key-posture summary").click()


def _program(page: Page) -> None:
    page.locator("[data-testid=stExpander] summary").last.click()


def _opened(*names: str) -> Act:
    """The first sample, beside what the source holds, opened level by level."""

    def act(page: Page) -> None:
        page.locator(".st-key-browse").wait_for()
        _press("run")(page)
        expect(page.get_by_test_id("stDataFrame").first).to_be_visible(timeout=PAGE_LIMIT_MS)
        for name in names:
            page.locator(".st-key-browse button:visible", has_text=name).first.click()
            settled(page)

    return act


def _saved(page: Page) -> None:
    page.locator('[class*="st-key-query_"] [data-testid=stSelectbox] [role=combobox]').first.click()
    page.get_by_role("option").first.click()
    page.locator(".st-key-query_use button:visible").wait_for()


def _policy(samples: str) -> Act:
    def act(page: Page) -> None:
        root = page.url.split("/playground")[0]
        answer = page.request.put(f"{root}/orgs/main/policy", data={"samples": samples}, headers={"Origin": root})
        assert answer.ok, answer.text()
        page.reload()
        settled(page)

    return act


def _failed_test(page: Page) -> None:
    _press("choose_postgres")(page)
    for name, value in {"host": "127.0.0.1", "port": "1", "database": "shop", "user": "reader"}.items():
        page.locator(f".st-key-ltr_postgres_{name} input").fill(value)
        page.keyboard.press("Tab")
    page.locator(".st-key-about_name input").fill("فروشگاه تازه")
    page.keyboard.press("Tab")
    _press("add_continue")(page)
    page.locator(".st-key-add_fix button:visible").wait_for()


def _good_test(page: Page) -> None:
    """The last step of adding: what held, what is stored, and the button that creates it."""
    sources = page.request.get(f"{page.url.split('/add')[0]}/orgs/main/datasources").json()["items"]
    address = next(source["config"]["base_url"] for source in sources if source["kind"] == "rest")
    _press("choose_rest")(page)
    page.locator(".st-key-ltr_rest_base_url input").fill(f"{address}/pets")
    page.keyboard.press("Tab")
    page.locator(".st-key-about_name input").fill("خود چشمه")
    page.keyboard.press("Tab")
    _press("add_continue")(page)
    page.locator(".st-key-add_fix button:visible").wait_for()


def _wrong_password(page: Page) -> None:
    # Another name each time: of one name the fifth wrong password has to wait, and that is another state.
    page.fill("input[name=username]", uuid4().hex)
    page.fill("input[name=password]", "not the password")
    page.click("[type=submit]")
    page.locator("[role=alert]").wait_for()


def _expanded(key: str) -> Act:
    def act(page: Page) -> None:
        page.locator(f".st-key-{key} summary").click()
        settled(page)

    return act


def _user_menu(page: Page) -> None:
    page.locator(".st-key-user_menu button:visible").first.click()
    page.get_by_test_id("stMenuButtonBody").wait_for()


def _two_checked(page: Page) -> None:
    _choose_two(page)
    _press("bulk_ping")(page)
    page.locator(".st-key-ping_all_summary").wait_for()
    settled(page)


ADMIN_TABS = ("tokens", "queries", "egress", "audit", "hooks", "system", "users")
STATES = (
    State("sign-in", "session/login", signed_in=False),
    State("sign-in-refused", "session/login", _wrong_password, signed_in=False, refused=401),
    State("sources", ""),
    State("sources-search", "?q=انبار"),
    State("sources-only-suspended", "", _press("only_suspended")),
    State("sources-choosing", "", _choose_two),
    State("sources-checked", "", _two_checked, leave=_press("ping_all_dismiss")),
    State("sources-empty", "?org=vacant"),
    State("shortcuts", "", _press("shortcuts")),
    State("help", "", _press("page_help")),
    State("user-menu", "", _user_menu),
    State("add-kinds", "add"),
    State("add-form", "add", _press("choose_postgres")),
    State("add-form-s3", "add", _press("choose_s3")),
    State("add-test", "add", _failed_test),
    State("add-good", "add", _good_test),
    State("add-copy", "add?from={healthy}"),
    State("add-copy-of-nothing", "add?from=00000000-0000-0000-0000-000000000000"),
    State("source-healthy", "source?source={healthy}"),
    State("source-error", "source?source={error}"),
    State("source-suspended", "source?source={suspended}"),
    State("source-unknown", "source?source={unknown}"),
    State("source-metrics", "source?source={healthy}&tab=metrics"),
    State("source-metrics-suspended", "source?source={suspended}&tab=metrics"),
    State("source-metrics-days", "source?source={healthy}&tab=metrics&range=custom"),
    State("source-metrics-empty", "source?source={unknown}&tab=metrics"),
    State("source-edit", "source?source={healthy}", _press("source_edit")),
    State("source-delete", "source?source={healthy}", _press("source_delete")),
    State("source-hold", "source?source={healthy}", _press("breaker_force_open")),
    State("source-note", "source?source={healthy}", _press("note_write")),
    State("source-missing", "source?source=00000000-0000-0000-0000-000000000000"),
    State("playground", "playground?source={healthy}"),
    State("playground-result", "playground?source={healthy}", _after_run(settled)),
    State("playground-download", "playground?source={healthy}", _after_run(_download)),
    State("playground-columns", "playground?source={healthy}", _after_run(_view(2))),
    State("playground-chart", "playground?source={healthy}", _after_run(_view(3))),
    State("playground-program", "playground?source={healthy}", _after_run(_program)),
    State("playground-mongodb", "playground?source={mongodb}", _opened("orders")),
    State("playground-s3", "playground?source={s3}", _opened("گزارش")),
    State("playground-rest", "playground?source={rest}", _opened("/pets")),
    State("playground-graphql", "playground?source={graphql}", _opened()),
    State("playground-posture", "playground?source={healthy}", _first_expander),
    State("playground-saved", "playground?source={healthy}", _saved),
    State("playground-save", "playground?source={healthy}", _press("query_save")),
    State("playground-approved-only", "playground?source={healthy}", _policy("approved_only"), leave=_policy("open")),
    State("playground-refused", "playground?source={healthy}", _wrong_sample),
    State("playground-suspended", "playground?source={suspended}", _press("run")),
    State("health", "health"),
    State("health-empty", "health?org=vacant"),
    State("playground-empty", "playground?org=vacant"),
    State("admin", "admin"),
    State("admin-invite", "admin", _expanded("invite")),
    State("admin-token-add", "admin?tab=tokens", _expanded("token_add")),
    *(State(f"admin-{tab}", f"admin?tab={tab}") for tab in ADMIN_TABS),
    State("account", "account"),
)

"""Every kind of source from the wizard to its end, in Chromium, in both languages, against real servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.api.kind_cases import CASES
from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, settled, sign_in

WRONG = "Zq7-never-shown"
expect.set_options(timeout=LIMIT_MS)
HEALTHY = {"fa": "سالم", "en": "Healthy"}
AUTH = {"fa": "توکن (Bearer)", "en": "Token (Bearer)"}


@dataclass(frozen=True)
class Filled:
    """What a person types: inputs by field, the field of the secret, and words of a row that a sample shows."""

    kind: str
    inputs: Mapping[str, str]
    secret: str
    value: str = field(repr=False)
    bearer: bool = False
    areas: Mapping[str, str] = field(default_factory=dict)


def filled(name: str, config: Mapping[str, Any]) -> Filled:
    match name:
        case "postgres":
            inputs = {key: str(config[key]) for key in ("host", "port", "database", "user")}
            return Filled(name, inputs, "password", config["password"])
        case "mongodb":
            inputs = {key: config[key] for key in ("database", "user")}
            return Filled(name, inputs, "password", config["password"], areas={"hosts": config["hosts"][0]})
        case "rest":
            inputs = {"base_url": f"{config['base_url']}/bearer"}
            return Filled(name, inputs, "auth-token", config["auth"]["token"], bearer=True)
        case "graphql":
            return Filled(name, {"endpoint": config["endpoint"]}, "auth-token", config["auth"]["token"], bearer=True)
        case _:
            inputs = {key: config[key] for key in ("endpoint_url", "bucket", "prefix", "access_key_id")}
            return Filled(name, inputs, "secret_access_key", config["secret_access_key"])


@pytest.fixture
def sources(request: pytest.FixtureRequest) -> list[Filled]:
    """One of each kind, on its real server."""
    made = {name: CASES[name] for name in ("postgres", "mongodb", "rest", "graphql", "s3")}
    return [filled(name, make(request.getfixturevalue(server)).config) for name, (server, make) in made.items()]


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_kind_is_added_looked_at_edited_and_deleted(
    context: BrowserContext, dashboard: Dashboard, sources: list[Filled], lang: str
) -> None:
    page, trouble = context.new_page(), list[str]()
    page.set_default_timeout(LIMIT_MS)
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    sign_in(page, dashboard)
    page.goto(f"{dashboard.url}/add?lang={lang}")
    for source in sources:
        add(page, source, lang)
        look(page, lang)
        edit(page, source)
        delete(page, source)
        assert source.value not in page.content() + page.url
        page.locator("[data-testid=stSidebarNav] a[href$='/add']").click()
    assert trouble == []


def add(page: Page, source: Filled, lang: str) -> None:
    """First with a wrong secret, whose rung fails; what was typed is still there; then with the right one."""
    page.locator(f".st-key-choose_{source.kind} button").click()
    page.locator(".st-key-about_name input").fill(f"منبع {source.kind}")
    if source.bearer:
        page.locator(f"[class*=st-key-words_{source.kind}_auth-type] input").click()
        page.get_by_role("option", name=AUTH[lang]).click()
    for name, value in source.inputs.items():
        page.locator(f".st-key-ltr_{source.kind}_{name} input").fill(value)
    for name, value in source.areas.items():
        page.locator(f".st-key-ltr_{source.kind}_{name} textarea").fill(value)
    secret = page.locator(f".st-key-ltr_{source.kind}_{source.secret} input")
    secret.fill(WRONG)
    page.locator(".st-key-add_continue button").click()
    expect(page.locator(".st-key-why_error_test")).to_be_visible()
    assert WRONG not in page.content()
    page.locator(".st-key-add_fix button").click()
    name, value = next(iter(source.inputs.items()))
    expect(page.locator(f".st-key-ltr_{source.kind}_{name} input")).to_have_value(value)
    secret.fill(source.value)
    page.locator(".st-key-add_continue button").click()
    expect(page.locator(".st-key-why_healthy_test")).to_be_visible()
    page.locator(".st-key-add_create button").click()
    expect(page.locator(".st-key-source_ping")).to_be_visible()


def look(page: Page, lang: str) -> None:
    """A ping proves it healthy; a sample that the catalogue proposes shows rows."""
    page.locator(".st-key-source_ping button").click()
    expect(page.locator(".st-key-badges")).to_contain_text(HEALTHY[lang])
    page.get_by_role("tab").nth(2).click()
    page.locator(".st-key-run button").click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()


def edit(page: Page, source: Filled) -> None:
    """Another name, the secret kept: the ping goes on to work."""
    page.locator(".st-key-source_edit button").click()
    page.locator(".st-key-edit_name input").fill(f"انبار {source.kind}")
    page.locator(".st-key-edit_save button").click()
    expect(page.get_by_role("heading", name=f"انبار {source.kind}")).to_be_visible()
    settled(page)
    page.locator(".st-key-source_ping button").click()
    settled(page)
    expect(page.locator("[class*=st-key-why_error]")).to_have_count(0)


def delete(page: Page, source: Filled) -> None:
    page.locator(".st-key-source_delete button").click()
    page.locator(".st-key-delete_name input").fill(f"انبار {source.kind}")
    page.locator(".st-key-delete_name input").press("Enter")
    page.locator(".st-key-delete_go button").click()
    expect(page.locator(".st-key-empty")).to_be_visible()

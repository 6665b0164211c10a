"""A person of an identity provider: in by the button, with the role of a group, until it is taken away; and out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard, started
from tests.browser.steps import LIMIT_MS, PASSWORD, settled, sign_in
from tests.servers.oidc import OidcProvider

BUTTON = "ورود با 127.0.0.1"


@pytest.fixture
def joined(oidc_provider: OidcProvider, tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard that knows the provider: who is in the group `data` edits in the first organisation."""

    def configured(url: str) -> dict[str, str]:
        client = oidc_provider.client(url)
        given = {"OIDC_ISSUER": oidc_provider.url, "OIDC_CLIENT_ID": client.id, "OIDC_CLIENT_SECRET": client.secret}
        return given | {"OIDC_ROLES": "data=main:editor,readers=main:viewer", "OIDC_ALLOWED_DOMAINS": "acme.test"}

    with started(tmp_path, configured) as dashboard:
        yield dashboard


@pytest.fixture
def mina(browser: Browser) -> Iterator[Page]:
    """Another person's browser."""
    with browser.new_context(viewport={"width": 1360, "height": 820}, locale="fa-IR") as context:
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        yield page


def is_in(provider: OidcProvider, *groups: str) -> None:
    person = {"preferred_username": "مینا مرادی", "email": "mina@acme.test", "email_verified": True}
    provider.knows("mina", **person, groups=list(groups))


def goes_to_the_provider(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url)
    page.get_by_role("link", name=BUTTON).click()


def may(page: Page, dashboard: Dashboard) -> tuple[int, int]:
    """What it says to reading and to adding a source: 401 for nobody, 403 for a role that is too low."""
    url, own = f"{dashboard.url}/orgs/main/datasources", {"Origin": dashboard.url}
    body = {"kind": "rest", "name": "انبار", "config": {"base_url": "http://127.0.0.1:9"}}
    return page.request.get(url).status, page.request.post(url, data=body, headers=own).status


def shows_who_it_is(page: Page) -> None:
    page.fill("input[name=login]", "mina")
    page.get_by_role("button", name="Sign in").click()


def signs_out_by_the_menu(page: Page) -> None:
    page.get_by_role("button", name="مینا مرادی").click()
    page.get_by_text("خروج", exact=True).click()


def signs_out_by_a_form(page: Page) -> None:
    page.evaluate(
        "() => { const form = document.createElement('form'); form.method = 'post'; form.action = '/session/logout';"
        " document.body.append(form); form.submit(); }"
    )


def is_out(page: Page, dashboard: Dashboard, provider: OidcProvider) -> None:
    """Here, and at the provider, which asks first."""
    page.wait_for_url(f"{provider.url}/session/end?*")
    page.get_by_role("button", name="Yes").click()
    page.wait_for_url(f"{dashboard.url}/session/login")
    assert may(page, dashboard)[0] == 401


def test_a_person_of_the_provider_comes_in_and_goes(
    page: Page, mina: Page, joined: Dashboard, oidc_provider: OidcProvider
) -> None:
    sign_in(page, joined)
    is_in(oidc_provider, "data")
    goes_to_the_provider(mina, joined)
    assert mina.url.startswith(oidc_provider.url)
    shows_who_it_is(mina)
    settled(mina)
    assert mina.url.startswith(joined.url)
    expect(mina.locator("html")).to_have_attribute("dir", "rtl")
    expect(mina.get_by_role("heading", name="منبع‌های داده")).to_be_visible(timeout=LIMIT_MS)
    assert may(mina, joined) == (200, 201)

    # The group is another one now; the provider's own session still lives, so that the button is enough.
    is_in(oidc_provider, "readers")
    mina.goto(f"{joined.url}/session/login")
    mina.get_by_role("link", name=BUTTON).click()
    settled(mina)
    assert may(mina, joined) == (200, 403)

    signs_out_by_the_menu(mina)
    is_out(mina, joined, oidc_provider)
    goes_to_the_provider(mina, joined)
    shows_who_it_is(mina)
    settled(mina)
    signs_out_by_a_form(mina)
    is_out(mina, joined, oidc_provider)

    is_in(oidc_provider)
    goes_to_the_provider(mina, joined)
    shows_who_it_is(mina)
    expect(mina.get_by_role("alert")).to_contain_text("هنوز در هیچ سازمانی نقشی ندارید")
    assert may(mina, joined)[0] == 401


def test_a_provider_that_is_down_keeps_nobody_out(
    page: Page, mina: Page, joined: Dashboard, oidc_provider: OidcProvider
) -> None:
    sign_in(page, joined)
    oidc_provider.stop()
    goes_to_the_provider(mina, joined)
    expect(mina.get_by_role("alert")).to_contain_text("سامانهٔ ورود یکپارچه پاسخ نمی‌دهد")
    mina.fill("input[name=username]", "admin")
    mina.fill("input[name=password]", PASSWORD)
    mina.click("[type=submit]")
    settled(mina)
    assert may(mina, joined)[0] == 200

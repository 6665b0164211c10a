"""Signing in and out and the one-time link, as a browser without scripts sees them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from core.models import Role
from tests.api.conftest import Org, Served
from tests.people import add_member, add_user, local_actor

PASSWORD = "correct horse battery"


@dataclass
class Browser:
    """Keeps cookies, fills in forms, follows no redirect."""

    served: Served
    jar: requests.Session

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.jar.get(self.served.url + path, headers=headers, allow_redirects=False, timeout=60)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> requests.Response:
        return self.jar.post(self.served.url + path, fields, headers=headers, allow_redirects=False, timeout=60)

    def submit(self, path: str, **fields: str) -> requests.Response:
        """The form of a page with its hidden fields, sent to where it belongs."""
        page = self.get(path)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        return self.post(path.split("?")[0], hidden | fields)

    @property
    def session(self) -> str | None:
        return self.jar.cookies.get("cheshmeh_session")


@pytest.fixture
def browser(served: Served) -> Iterator[Browser]:
    with requests.Session() as jar:
        jar.trust_env = False
        yield Browser(served, jar)


@pytest.fixture
def person(org: Org) -> str:
    """A viewer's name, with PASSWORD."""
    runtime, name = org.served.product.runtime, f"person of {org.slug}"
    add_user(runtime, name, PASSWORD)
    add_member(runtime, org.slug, name, Role.VIEWER)
    return name


@pytest.fixture
def code(served: Served) -> str:
    runtime = served.product.runtime
    return runtime.run(runtime.access.new_setup_code())


def test_signing_in_leads_to_the_page_that_was_wanted(browser: Browser, person: str) -> None:
    answer = browser.submit("/session/login?next=%2Fsource%3Fsource%3D1", username=person, password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/source?source=1")
    assert browser.get("/").text == "a page"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser, person: str) -> None:
    cookie = browser.submit("/session/login", username=person, password=PASSWORD).headers["Set-Cookie"]
    assert cookie.startswith("cheshmeh_session=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= attributes


@pytest.mark.parametrize(
    "fields", [{"password": "wrong"}, {"username": "nobody at all"}, {"username": "", "password": ""}]
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(browser: Browser, person: str, fields: dict[str, str]) -> None:
    right = {"username": person, "password": PASSWORD}
    answer = browser.submit("/session/login", **(right | fields))
    assert (answer.status_code, browser.session) == (401, None)
    assert PASSWORD not in answer.text
    [said] = re.findall(r'role="alert"[^>]*>([^<]+)<', answer.text)
    assert "نام" in said


@pytest.mark.parametrize("csrf", ["", "forged"])
def test_a_form_that_is_not_ours_signs_nobody_in(browser: Browser, person: str, csrf: str) -> None:
    answer = browser.submit("/session/login", username=person, password=PASSWORD, csrf=csrf)
    assert (answer.status_code, browser.session) == (401, None)


@pytest.mark.parametrize(
    "told", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_a_neighbouring_site_that_sets_our_cookie_signs_nobody_in(
    browser: Browser, person: str, told: dict[str, str]
) -> None:
    browser.jar.cookies.set("cheshmeh_csrf", "tossed")
    answer = browser.post("/session/login", {"username": person, "password": PASSWORD, "csrf": "tossed"}, **told)
    assert (answer.status_code, browser.session) == (403, None)


def test_a_post_without_any_page_before_it_signs_nobody_in(browser: Browser, person: str) -> None:
    answer = browser.post("/session/login", {"username": person, "password": PASSWORD, "csrf": ""})
    assert (answer.status_code, browser.session) == (401, None)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "//[",
        "evil",
        "",
        "/" + "x" * 2_000,
    ],
)
def test_nobody_is_led_elsewhere(browser: Browser, person: str, target: str) -> None:
    answer = browser.submit("/session/login", username=person, password=PASSWORD, next=target)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_target_cannot_break_out_of_the_form(browser: Browser) -> None:
    page = browser.get('/session/login?next=/"><script>x</script>').text
    assert "<script>x" not in page


def test_a_session_reads_and_asks_for_the_same_origin_before_it_writes(browser: Browser, org: Org, person: str) -> None:
    runtime = org.served.product.runtime
    runtime.run(runtime.members.set_role(local_actor(runtime), org.slug, person, Role.EDITOR))
    browser.submit("/session/login", username=person, password=PASSWORD)
    url = f"{org.served.url}/orgs/{org.slug}/datasources"
    assert browser.get(f"/orgs/{org.slug}/datasources").status_code == 200

    def create(name: str, **headers: str) -> int:
        body = {"kind": "fake", "name": name, "config": {}}
        return browser.jar.post(url, json=body, headers=headers, timeout=60).status_code

    assert create("a") == 403
    assert create("a", Origin="https://evil.example") == 403
    assert create("a", Origin="null") == 403
    assert create("a", **{"Sec-Fetch-Site": "same-site"}) == 403
    assert create("a", **{"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}) == 403
    assert create("a", **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert create("a", **{"Sec-Fetch-Site": "none"}) == 403
    assert create("a", **{"Sec-Fetch-Site": "cross-site", "Origin": org.served.url}) == 403
    assert create("a", Origin=org.served.url.replace("http:", "https:")) == 403
    assert create("a", Origin=f"{org.served.url}.evil.example") == 403
    assert create("a", Origin=org.served.url) == 201
    assert create("b", **{"Sec-Fetch-Site": "same-origin"}) == 201


def test_a_bad_token_is_not_saved_by_a_good_session(browser: Browser, org: Org, person: str) -> None:
    browser.submit("/session/login", username=person, password=PASSWORD)
    assert browser.get(f"/orgs/{org.slug}/datasources", Authorization="Bearer nonsense").status_code == 401


def test_signing_out_ends_the_session_itself(browser: Browser, person: str, served: Served) -> None:
    browser.submit("/session/login", username=person, password=PASSWORD)
    token = browser.session
    assert browser.post("/session/logout", {}).status_code == 403
    answer = browser.post("/session/logout", {}, Origin=served.url)
    assert (answer.status_code, answer.headers["Location"], browser.session) == (303, "/session/login", None)
    assert browser.get("/", Cookie=f"cheshmeh_session={token}").status_code == 401


def test_the_link_makes_an_administrator_once(browser: Browser, served: Served, code: str) -> None:
    path, name = f"/session/setup?code={code}", f"admin {code[:6]}"
    for _ in range(2):
        page = browser.get(path)
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    answer = browser.submit(path, username=name, password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert browser.get("/").text == "a page"
    assert browser.get(path).status_code == 403
    again = browser.post("/session/setup", {"code": code, "username": "x", "password": PASSWORD, "csrf": "x"})
    assert again.status_code in (401, 403)
    with requests.Session() as jar:
        jar.trust_env = False
        assert Browser(served, jar).submit("/session/login", username=name, password=PASSWORD).status_code == 303


@pytest.mark.parametrize("wrong", ["", "nonsense", "%00", "x" * 5000])
def test_a_wrong_link_shows_no_form(browser: Browser, wrong: str) -> None:
    page = browser.get(f"/session/setup?code={wrong}")
    assert page.status_code == 403
    assert "<form" not in page.text


def test_a_password_that_is_too_short_does_not_use_the_link_up(browser: Browser, code: str) -> None:
    path, name = f"/session/setup?code={code}", f"admin {code[:6]}"
    answer = browser.submit(path, username=name, password="short")
    assert (answer.status_code, browser.session) == (422, None)
    assert name in answer.text
    assert "short" not in answer.text
    assert browser.submit(path, username=name, password=PASSWORD).status_code == 303


def test_a_forged_setup_form_does_not_use_the_link_up(browser: Browser, code: str) -> None:
    path, name = f"/session/setup?code={code}", f"admin {code[:6]}"
    assert browser.submit(path, username=name, password=PASSWORD, csrf="forged").status_code == 401
    assert browser.submit(path, username=name, password=PASSWORD).status_code == 303


def language_of(answer: Any) -> str:
    [found] = re.findall(r'<html lang="(\w+)" dir="(?:rtl|ltr)">', answer.text)
    return str(found)


@pytest.mark.parametrize(
    ("query", "accepts", "lang"),
    [
        ("", "", "fa"),
        ("", "en-US,en", "en"),
        ("?lang=en", "fa", "en"),
        ("?lang=fa", "en", "fa"),
        ("?lang=xx", "", "fa"),
    ],
)
def test_the_sign_in_page_speaks_persian_unless_asked_otherwise(
    browser: Browser, query: str, accepts: str, lang: str
) -> None:
    assert language_of(browser.get(f"/session/login{query}", **{"Accept-Language": accepts})) == lang


def test_the_sign_in_page_speaks_the_language_of_the_last_visit(browser: Browser) -> None:
    browser.jar.cookies.set("cheshmeh_lang", "fa")
    assert language_of(browser.get("/session/login", **{"Accept-Language": "en"})) == "fa"
    assert language_of(browser.get("/session/login?lang=en", **{"Accept-Language": "en"})) == "en"


@pytest.mark.parametrize(("query", "kept"), [("?lang=en", "en"), ("?lang=fa", "fa"), ("?lang=xx", None), ("", None)])
def test_the_language_of_the_sign_in_page_stays_the_dashboards(
    browser: Browser, person: str, query: str, kept: str | None
) -> None:
    page = browser.get(f"/session/login{query}").text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    action = re.findall(r'<form[^>]+action="([^"]+)"', page)[0]
    assert browser.post(action, hidden | {"username": person, "password": PASSWORD}).status_code == 303
    assert browser.jar.cookies.get("cheshmeh_lang") == kept


def test_nothing_of_the_page_comes_from_elsewhere(browser: Browser) -> None:
    assert not re.search(r"(?:src|href|url\()\s*=?\s*[\"']?(?:https?:)?//", browser.get("/session/login").text)


def test_a_form_that_is_too_large_is_refused(browser: Browser) -> None:
    answer = browser.post("/session/login", {"username": "x" * 64 * 1024})
    assert answer.status_code == 413

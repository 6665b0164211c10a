"""Invitations and links to a new password, as a browser without scripts sees them; where sign-ins come from."""

import re
from collections.abc import Iterator

import pytest
import requests

from core.models import Role
from tests.api.conftest import Org, Served
from tests.api.test_session import PASSWORD, Browser
from tests.people import add_member, add_user, local_actor

OTHER = "battery staple"


@pytest.fixture
def browser(served: Served) -> Iterator[Browser]:
    with requests.Session() as jar:
        jar.trust_env = False
        jar.headers.update({"Accept-Language": "en", "User-Agent": "Firefox"})
        yield Browser(served, jar)


@pytest.fixture
def invitation(org: Org) -> str:
    """Where an invitation as editor leads to."""
    runtime = org.served.product.runtime
    return runtime.run(runtime.invitations.create(local_actor(runtime), org.slug, Role.EDITOR)).path


@pytest.fixture
def person(org: Org) -> str:
    """Somebody with PASSWORD who belongs nowhere."""
    name = f"person of {org.slug}"
    add_user(org.served.product.runtime, name, PASSWORD)
    return name


def said(text: str) -> str:
    [found] = re.findall(r'role="alert"[^>]*>([^<]+)<', text)
    return str(found)


def roles(org: Org) -> dict[str, Role]:
    runtime = org.served.product.runtime
    return {member.name: member.role for member in runtime.run(runtime.members.list(local_actor(runtime), org.slug))}


def test_an_invitation_says_where_to_as_what_and_the_rule_for_passwords(
    browser: Browser, org: Org, invitation: str
) -> None:
    for _ in range(2):  # looking uses nothing up
        page = browser.get(invitation)
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert org.slug in page.text
    assert "as Editor" in page.text
    assert "At least 10 characters" in page.text


def test_somebody_new_joins_and_is_signed_in_once(browser: Browser, org: Org, invitation: str) -> None:
    name = f"new of {org.slug}"
    answer = browser.submit(invitation, username=name, password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert browser.get(f"/orgs/{org.slug}/datasources").status_code == 200
    assert roles(org) == {name: Role.EDITOR}
    again = browser.get(invitation)
    assert again.status_code == 403
    assert "<form" not in again.text


def test_what_is_refused_is_said_and_uses_nothing_up(browser: Browser, org: Org, invitation: str, person: str) -> None:
    for name, password, status, word in (
        (person, PASSWORD, 409, "taken"),
        (f"new of {org.slug}", "password123", 422, "commonest"),
        (f"new of {org.slug}", "short", 422, "10 to 1,024"),
        (f"name of {org.slug}", f"Name of {org.slug}!", 422, "user name"),
    ):
        answer = browser.submit(invitation, username=name, password=password)
        assert (answer.status_code, browser.session) == (status, None)
        assert word in said(answer.text)
        assert name in answer.text
        assert f'value="{password}"' not in answer.text
    assert browser.submit(invitation, username=f"new of {org.slug}", password=PASSWORD).status_code == 303


def test_somebody_with_an_account_signs_in_and_comes_back_to_accept(
    browser: Browser, org: Org, invitation: str, person: str
) -> None:
    [link] = re.findall(r'href="(/session/login[^"]+)"', browser.get(invitation).text)
    answer = browser.submit(link, username=person, password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, invitation)
    assert person in browser.get(invitation).text
    answer = browser.submit(invitation)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert roles(org) == {person: Role.EDITOR}


def test_a_member_is_told_so_and_the_invitation_stays_good(
    browser: Browser, org: Org, invitation: str, person: str
) -> None:
    add_member(org.served.product.runtime, org.slug, person, Role.VIEWER)
    browser.submit("/session/login", username=person, password=PASSWORD)
    answer = browser.submit(invitation)
    assert (answer.status_code, roles(org)) == (409, {person: Role.VIEWER})
    assert "already" in said(answer.text)
    assert browser.get(invitation).status_code == 200


def test_a_forged_form_accepts_nothing(browser: Browser, org: Org, invitation: str, person: str) -> None:
    answer = browser.submit(invitation, username=f"new of {org.slug}", password=PASSWORD, csrf="forged")
    assert (answer.status_code, browser.session) == (401, None)
    browser.submit("/session/login", username=person, password=PASSWORD)
    assert browser.submit(invitation, csrf="forged").status_code == 401
    assert roles(org) == {}


def test_a_form_of_nobody_accepts_nothing(browser: Browser, org: Org, invitation: str) -> None:
    answer = browser.submit(invitation)
    assert (answer.status_code, browser.session, roles(org)) == (200, None, {})


@pytest.mark.parametrize("path", ["/session/invitation", "/session/password"])
@pytest.mark.parametrize("code", ["", "nonsense", "%00", "x" * 5000])
def test_a_wrong_code_shows_no_form_and_does_nothing(browser: Browser, path: str, code: str) -> None:
    page = browser.get(f"{path}?code={code}")
    assert page.status_code == 403
    assert "<form" not in page.text
    fields = {"code": code, "username": "x", "password": PASSWORD, "csrf": browser.jar.cookies["cheshmeh_csrf"]}
    assert browser.post(path, fields).status_code == 403
    assert browser.session is None


def test_a_link_to_a_new_password_works_once(browser: Browser, served: Served, person: str) -> None:
    runtime = served.product.runtime
    path = runtime.run(runtime.accounts.new_password_link(local_actor(runtime), person)).path
    assert person in browser.get(path).text
    assert "commonest" in said(browser.submit(path, password="password123").text)
    answer = browser.submit(path, password=OTHER)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert browser.get("/").text == "a page"
    assert browser.get(path).status_code == 403
    assert browser.submit("/session/login", username=person, password=PASSWORD).status_code == 401
    assert browser.submit("/session/login", username=person, password=OTHER).status_code == 303


def test_many_wrong_passwords_make_one_wait_and_the_page_says_how_long(browser: Browser, person: str) -> None:
    answers = [browser.submit("/session/login", username=person, password="wrong") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert "Try again in 1 s." in said(answers[-1].text)
    nobody = [browser.submit("/session/login", username=f"no {person}", password="wrong") for _ in range(6)]
    assert [answer.status_code for answer in nobody] == [401] * 5 + [429]
    assert said(nobody[-1].text) == said(answers[-1].text)


def test_a_session_knows_where_it_was_begun_and_what_is_done_over_http_too(
    browser: Browser, org: Org, person: str
) -> None:
    runtime = org.served.product.runtime
    add_member(runtime, org.slug, person, Role.EDITOR)
    browser.submit("/session/login", username=person, password=PASSWORD)
    actor = runtime.run(runtime.access.actor_of_session(browser.session))
    [session] = runtime.run(runtime.accounts.sessions(actor))
    assert (session.address, session.agent) == ("127.0.0.1", "Firefox")
    body = {"kind": "fake", "name": "a", "config": {"host": org.host("a")}}
    url = f"{org.served.url}/orgs/{org.slug}/datasources"
    assert browser.jar.post(url, json=body, headers={"Origin": org.served.url}, timeout=60).status_code == 201
    line = runtime.run(runtime.audit.lines(local_actor(runtime), org.slug)).items[0]
    assert (line.action, line.actor, line.address) == ("source.create", person, "127.0.0.1")


def test_a_person_who_is_disabled_or_no_member_any_more_is_out_at_the_next_request(
    browser: Browser, org: Org, person: str
) -> None:
    runtime, url = org.served.product.runtime, f"/orgs/{org.slug}/datasources"
    add_member(runtime, org.slug, person, Role.VIEWER)
    browser.submit("/session/login", username=person, password=PASSWORD)
    assert browser.get(url).status_code == 200
    runtime.run(runtime.members.remove(local_actor(runtime), org.slug, person))
    assert browser.get(url).status_code == 404
    assert browser.get("/").status_code == 200
    runtime.run(runtime.accounts.disable(local_actor(runtime), person))
    assert browser.get("/").status_code == 401

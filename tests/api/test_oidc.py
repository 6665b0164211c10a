"""Signing in by a real provider, as a browser without scripts sees it; codes that are old, used or another client's."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from core.models import Role
from tests.api.conftest import Served, serving
from tests.api.test_session import PASSWORD, Browser
from tests.people import add_member, add_organisation, add_user
from tests.servers.oidc import OidcProvider

ROLES = "data=acme:editor,ops=acme:admin"
MINA = {"preferred_username": "mina", "email": "mina@acme.test", "email_verified": True, "groups": ["data"]}


@dataclass
class Visitor:
    """A browser profile at a dashboard and at its provider."""

    browser: Browser
    provider: OidcProvider

    def begins(self, target: str = "/source?source=1") -> str:
        """Where the button leads: an address of the provider."""
        answer = self.browser.get(f"/session/oidc/start?next={target}")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def at_provider(self, url: str, login: str = "mina", answer: str = "yes") -> str:
        """Signs in there; the address that the provider sends the browser back to."""
        found = self._follow(url)
        if found.is_redirect:
            return found.headers["Location"]
        done = self.browser.jar.post(found.url, {"login": login, "answer": answer}, allow_redirects=False, timeout=60)
        return self._follow(done.headers["Location"]).headers["Location"]

    def comes_back(self, callback: str) -> requests.Response:
        return self.browser.jar.get(callback, allow_redirects=False, timeout=60)

    def signs_in(self, login: str = "mina", answer: str = "yes") -> requests.Response:
        return self.comes_back(self.at_provider(self.begins(), login, answer))

    def roles(self) -> dict[str, Role]:
        runtime = self.browser.served.product.runtime
        actor = runtime.run(runtime.access.actor_of_session(self.browser.session))
        return {} if actor is None else dict(actor.roles)

    def _follow(self, url: str) -> requests.Response:
        """As far as the provider's pages lead; not back to the dashboard."""
        while url.startswith((self.provider.url, "/")):
            answer = self.browser.jar.get(urljoin(self.provider.url, url), allow_redirects=False, timeout=60)
            if not answer.is_redirect or not urljoin(answer.url, answer.headers["Location"]).startswith(
                self.provider.url
            ):
                return answer
            url = urljoin(answer.url, answer.headers["Location"])
        raise AssertionError(url)


@pytest.fixture
def dashboard(oidc_provider: OidcProvider, tmp_path: Path) -> Iterator[Served]:
    """With an organisation `acme`, and the provider that knows mina."""

    def configured(url: str) -> dict[str, str]:
        client = oidc_provider.client(url)
        given = {"oidc_issuer": oidc_provider.url, "oidc_client_id": client.id, "oidc_roles": ROLES}
        return given | {"oidc_client_secret": client.secret, "oidc_allowed_domains": "acme.test"}

    oidc_provider.knows("mina", **MINA)
    with serving(tmp_path, configured) as made:
        add_organisation(made.product.runtime, "acme")
        yield made


def visit(dashboard: Served, provider: OidcProvider) -> Visitor:
    jar = requests.Session()
    jar.trust_env = False
    return Visitor(Browser(dashboard, jar), provider)


@pytest.fixture
def visitor(dashboard: Served, oidc_provider: OidcProvider) -> Iterator[Visitor]:
    found = visit(dashboard, oidc_provider)
    yield found
    found.browser.jar.close()


@pytest.fixture
def other_visitor(dashboard: Served, oidc_provider: OidcProvider) -> Iterator[Visitor]:
    found = visit(dashboard, oidc_provider)
    yield found
    found.browser.jar.close()


def said(answer: requests.Response) -> str:
    [found] = re.findall(r'role="alert"[^>]*>([^<]+)<', answer.text)
    return unescape(str(found))


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def with_query(url: str, **changes: str) -> str:
    return str(requests.Request("GET", url.partition("?")[0], params=query_of(url) | changes).prepare().url)


def test_a_person_of_the_provider_comes_in_with_the_role_of_their_group(visitor: Visitor) -> None:
    answer = visitor.signs_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/source?source=1")
    assert visitor.roles() == {"acme": Role.EDITOR}
    assert visitor.browser.get("/").text == "a page"
    assert "cheshmeh_oidc" not in visitor.browser.jar.cookies


def test_the_cookie_of_a_sign_in_is_short_lived_and_out_of_reach(visitor: Visitor) -> None:
    cookie = visitor.browser.get("/session/oidc/start").headers["Set-Cookie"]
    assert cookie.startswith("cheshmeh_oidc=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert attributes == {"httponly", "samesite=lax", "path=/session/oidc", "max-age=600"}


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_nobody_is_led_elsewhere(visitor: Visitor, target: str) -> None:
    answer = visitor.comes_back(visitor.at_provider(visitor.begins(target)))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_callback_that_is_called_again_lets_nobody_in(visitor: Visitor) -> None:
    callback = visitor.at_provider(visitor.begins())
    cookie = visitor.browser.jar.cookies["cheshmeh_oidc"]
    assert visitor.comes_back(callback).status_code == 303
    visitor.browser.jar.cookies.clear()
    again = visitor.browser.jar.get(callback, headers={"Cookie": f"cheshmeh_oidc={cookie}"}, timeout=60)
    assert (again.status_code, visitor.browser.session) == (401, None)
    assert "آغاز نشده" in said(again)


def test_a_callback_in_another_browser_lets_nobody_in(visitor: Visitor, other_visitor: Visitor) -> None:
    callback = visitor.at_provider(visitor.begins())
    other_visitor.begins()
    for stranger in (other_visitor, visit(visitor.browser.served, visitor.provider)):
        assert (stranger.comes_back(callback).status_code, stranger.browser.session) == (401, None)
    assert visitor.comes_back(callback).status_code == 303


def test_a_code_is_good_once_whoever_brings_it(visitor: Visitor) -> None:
    first = query_of(visitor.at_provider(visitor.begins()))
    visitor.comes_back(f"{visitor.browser.served.url}/session/oidc/callback?{requests.compat.urlencode(first)}")
    second = visitor.at_provider(visitor.begins())
    answer = visitor.comes_back(with_query(second, code=first["code"]))
    assert (answer.status_code, "دیگر نمی‌پذیرد" in said(answer)) == (401, True)


def test_an_expired_code_is_refused(visitor: Visitor) -> None:
    visitor.provider.lifetimes(code=1)
    callback = visitor.at_provider(visitor.begins())
    time.sleep(2.1)  # a code lives whole seconds; longer than that changes nothing
    answer = visitor.comes_back(callback)
    assert (answer.status_code, visitor.browser.session) == (401, None)
    assert "دیگر نمی‌پذیرد" in said(answer)


def test_a_code_of_another_client_is_refused(visitor: Visitor) -> None:
    other = visitor.provider.client(visitor.browser.served.url)
    ours = visitor.begins()
    # With our own state, nonce and challenge: only whose code it is differs.
    answer = visitor.comes_back(visitor.at_provider(with_query(ours, client_id=other.id)))
    assert (answer.status_code, visitor.browser.session) == (401, None)
    assert "دیگر نمی‌پذیرد" in said(answer)


def test_a_code_of_another_browser_is_refused_for_want_of_its_verifier(
    visitor: Visitor, other_visitor: Visitor
) -> None:
    visitor.provider.knows("reza", **MINA | {"preferred_username": "reza"})
    stolen = query_of(visitor.at_provider(visitor.begins()))["code"]
    own = other_visitor.at_provider(other_visitor.begins(), "reza")
    answer = other_visitor.comes_back(with_query(own, code=stolen))
    assert (answer.status_code, other_visitor.browser.session) == (401, None)


def test_an_answer_in_another_issuers_name_is_refused(visitor: Visitor) -> None:
    callback = visitor.at_provider(visitor.begins())
    answer = visitor.comes_back(with_query(callback, iss="https://evil.example"))
    assert (answer.status_code, visitor.browser.session) == (401, None)


def test_who_refuses_at_the_provider_is_told_so_and_may_sign_in_otherwise(visitor: Visitor) -> None:
    answer = visitor.signs_in(answer="no")
    assert (answer.status_code, said(answer)) == (401, "ورود در سامانهٔ ورود یکپارچه کامل نشد.")
    assert '<form method="post" action="/session/login">' in answer.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "mina@evil.test"}, "دامنه"),
        ({"email_verified": False}, "ایمیل تأییدشده"),
        ({"groups": []}, "نقشی ندارید"),
    ],
)
def test_who_may_not_come_in_is_told_why(visitor: Visitor, changes: dict[str, object], words: str) -> None:
    visitor.provider.knows("mina", **MINA | changes)
    answer = visitor.signs_in()
    assert (answer.status_code, visitor.browser.session) == (403, None)
    assert words in said(answer)


def test_a_group_that_is_taken_away_takes_the_role(visitor: Visitor) -> None:
    add_organisation(visitor.browser.served.product.runtime, "local")
    visitor.signs_in()
    add_member(visitor.browser.served.product.runtime, "local", "mina", Role.VIEWER)
    visitor.provider.knows("mina", **MINA | {"groups": ["ops"]})
    visitor.signs_in()
    assert visitor.roles() == {"acme": Role.ADMIN, "local": Role.VIEWER}
    visitor.provider.knows("mina", **MINA | {"groups": []})
    visitor.signs_in()
    assert visitor.roles() == {"local": Role.VIEWER}


def test_a_provider_that_is_gone_leaves_the_form(visitor: Visitor) -> None:
    runtime = visitor.browser.served.product.runtime
    add_user(runtime, "local", PASSWORD)
    callback = visitor.at_provider(visitor.begins())
    visitor.provider.stop()
    late = visitor.comes_back(callback)
    assert (late.status_code, "پاسخ نمی‌دهد" in said(late)) == (503, True)
    local = visitor.browser.submit("/session/login", username="local", password=PASSWORD)
    assert (local.status_code, visitor.browser.session is not None) == (303, True)


def test_a_provider_that_was_never_there_says_so_on_the_sign_in_page(tmp_path: Path, refused_port: int) -> None:
    given = {"oidc_issuer": f"http://127.0.0.1:{refused_port}", "oidc_client_id": "x", "oidc_client_secret": "y"}
    with serving(tmp_path, lambda url: given) as made, requests.Session() as jar:
        jar.trust_env = False
        answer = Browser(made, jar).get("/session/oidc/start?next=/add&lang=en")
        assert (answer.status_code, jar.cookies.get("cheshmeh_oidc")) == (503, None)
        assert said(answer).startswith("The identity provider does not answer.")
        assert '<input type="hidden" name="next" value="/add">' in answer.text
        assert Browser(made, jar).get("/session/login").status_code == 200


def test_the_button_names_the_provider_and_keeps_where_one_wants_to_go(visitor: Visitor) -> None:
    page = visitor.browser.get("/session/login?next=%2Fadd&lang=en").text
    assert '<a class="button" href="/session/oidc/start?next=%2Fadd&amp;lang=en">Sign in with 127.0.0.1</a>' in page
    assert "ورود با 127.0.0.1" in visitor.browser.get("/session/login").text


def test_signing_out_leads_to_the_provider_and_ends_its_session_too(visitor: Visitor) -> None:
    visitor.signs_in()
    token, url = visitor.browser.session, visitor.browser.served.url
    answer = visitor.browser.post("/session/logout", {}, Origin=url)
    [address] = re.findall(r'^0; url="([^"]+)"$', answer.headers["Refresh"])
    assert address.startswith(f"{visitor.provider.url}/session/end?")
    assert visitor.browser.get("/", Cookie=f"cheshmeh_session={token}").status_code == 401
    page = visitor.browser.jar.get(address, timeout=60)
    [action] = re.findall(r'action="([^"]+)"', page.text)
    xsrf = dict(re.findall(r'name="(xsrf)" value="([^"]+)"', page.text))
    agreed = {**xsrf, "logout": "yes"}
    back = visitor.browser.jar.post(urljoin(page.url, action), agreed, allow_redirects=False, timeout=60)
    assert back.headers["Location"] == f"{url}/session/login"
    # It asks who this is again.
    assert not visitor._follow(visitor.begins()).is_redirect


def test_who_came_by_password_signs_out_here_alone(visitor: Visitor) -> None:
    add_user(visitor.browser.served.product.runtime, "local", PASSWORD)
    visitor.browser.submit("/session/login", username="local", password=PASSWORD)
    answer = visitor.browser.post("/session/logout", {}, Origin=visitor.browser.served.url)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/session/login")


def test_without_a_provider_there_is_nothing_of_it(served: Served) -> None:
    with requests.Session() as jar:
        browser = Browser(served, jar)
        for path in ("start", "callback?code=x&state=y"):
            assert browser.get(f"/session/oidc/{path}").status_code == 404
        assert "/session/oidc" not in browser.get("/session/login").text

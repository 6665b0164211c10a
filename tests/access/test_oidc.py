"""What a provider answers is judged: whatever is forged, led here by mistake or of another time lets nobody in."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from core.access.oidc import is_answer
from core.access.oidc_claims import ProviderClaims
from core.errors import CheshmehError, ProviderUnavailable, Unauthenticated
from tests.access.conftest import FakeClock
from tests.access.oidc_fake import CLIENT_ID, CLIENT_SECRET, ISSUER, FakeProviderLink, new_key, provider_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def link(clock: FakeClock) -> FakeProviderLink:
    return FakeProviderLink(clock)


async def signed_in(link: FakeProviderLink, **changes: str) -> ProviderClaims:
    """From the button to the end; `changes` are parameters of the provider's redirect, an empty one is left out."""
    provider = provider_of(link)
    secret, url = await provider.begin()
    answer = link.visited(url) | changes
    return await provider.finish(secret, {name: value for name, value in answer.items() if value})


async def refusal(link: FakeProviderLink, **changes: str) -> str:
    with pytest.raises(CheshmehError) as refused:
        await signed_in(link, **changes)
    return str(refused.value)


async def test_a_person_is_who_the_provider_says(link: FakeProviderLink) -> None:
    link.claims = {"preferred_username": "mina", "groups": ["data", "ops", 7]}
    found = await signed_in(link)
    assert found == ProviderClaims(ISSUER, "7", "mina", "mina@acme.test", frozenset({"data", "ops"}))


async def test_the_browser_is_sent_with_a_challenge_and_without_a_secret(link: FakeProviderLink) -> None:
    secret, url = await provider_of(link).begin()
    query = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{ISSUER}/auth?tenant=1&")
    assert (query["response_type"], query["client_id"]) == ("code", CLIENT_ID)
    assert query["redirect_uri"] == "https://dash.test/session/oidc/callback"
    assert (query["scope"], query["code_challenge_method"]) == ("openid email profile groups", "S256")
    assert len({query["state"], query["nonce"], query["code_challenge"], secret}) == 4
    assert secret not in url


async def test_a_scope_that_a_provider_does_not_name_is_not_asked_for(link: FakeProviderLink) -> None:
    del link.metadata["scopes_supported"]
    _, url = await provider_of(link).begin()
    assert parse_qs(urlsplit(url).query)["scope"] == ["openid email profile"]


async def test_the_code_is_exchanged_with_the_verifier_and_the_clients_own_secret(link: FakeProviderLink) -> None:
    await signed_in(link)
    form = link.forms["token"]
    assert (form["grant_type"], form["code"]) == ("authorization_code", "a code")
    assert link.verifies(form["code_verifier"])
    scheme, _, pair = link.credentials["token"]["Authorization"].partition(" ")
    client, _, secret = base64.b64decode(pair).decode().partition(":")
    assert (scheme, unquote_plus(client), unquote_plus(secret)) == ("Basic", CLIENT_ID, CLIENT_SECRET)


async def test_no_two_sign_ins_have_anything_in_common(link: FakeProviderLink) -> None:
    provider = provider_of(link)
    (one, first), (other, second) = await provider.begin(), await provider.begin()
    queries = [parse_qs(urlsplit(url).query) for url in (first, second)]
    for name in ("state", "nonce", "code_challenge"):
        assert queries[0][name] != queries[1][name]
    answer = link.visited(first)
    assert (is_answer(one, answer), is_answer(other, answer)) == (True, False)


@pytest.mark.parametrize("secret", [None, "", "somebody else's", "\ud800"])
@pytest.mark.parametrize("state", [None, "", "forged", "\ud800"])
async def test_an_answer_to_what_this_browser_did_not_begin_is_none(secret: str | None, state: str | None) -> None:
    assert not is_answer(secret, {} if state is None else {"state": state})


Forgery = Callable[[FakeProviderLink], Any]


def claims(**changes: Any) -> Forgery:
    return lambda link: link.claims.update(changes)


def timed(name: str, seconds: float) -> Forgery:
    return lambda link: link.claims.update({name: link.clock().timestamp() + seconds})


def header(**changes: Any) -> Forgery:
    return lambda link: link.header.update(changes)


def granted(**changes: Any) -> Forgery:
    return lambda link: link.granted.update(changes)


def foreign_key(link: FakeProviderLink) -> None:
    link.key = new_key("1")


def public_key_as_a_secret(link: FakeProviderLink) -> None:
    # What everybody can read, used as the key of an HMAC.
    link.hmac_key, link.header = link.key.as_pem(private=False), {"alg": "HS256", "kid": "1"}


def client_secret_as_the_key(link: FakeProviderLink) -> None:
    link.hmac_key, link.header = CLIENT_SECRET.encode(), {"alg": "HS256", "kid": "secret"}
    link.published.append(OctKey.import_key(CLIENT_SECRET, {"kid": "secret", "alg": "HS256"}))


def signature_cut_off(link: FakeProviderLink) -> None:
    link.granted["id_token"] = link.id_token().rpartition(".")[0] + "."


FORGERIES = {
    "wrong nonce": claims(nonce="of another sign-in"),
    "no nonce": claims(nonce=None),
    "other audience": claims(aud="another client"),
    "other audience of several": claims(aud=["another client", "a third"]),
    "other audience, though we are the authorised party": claims(aud="another client", azp=CLIENT_ID),
    "no audience": claims(aud=None),
    "several audiences, no authorised party": claims(aud=[CLIENT_ID, "another client"]),
    "another authorised party": claims(azp="another client"),
    "expired": timed("exp", -61),
    "no end": claims(exp=None),
    "an end that never comes": claims(exp=float("nan")),
    "not valid yet": timed("nbf", 61),
    "issued tomorrow": timed("iat", 86_400),
    "other issuer": claims(iss="https://id.test/other"),
    "issuer with a slash": claims(iss=f"{ISSUER}/"),
    "no issuer": claims(iss=None),
    "no subject": claims(sub=None),
    "empty subject": claims(sub=""),
    "subject of another type": claims(sub=7),
    "endless subject": claims(sub="7" * 256),
    "subject beyond ASCII": claims(sub="۷"),
    "subject with a NUL": claims(sub="7\0"),
    "another access token": claims(at_hash="x" * 22),
    "access token of no text": claims(at_hash=["x"]),
    "subject of no text": claims(sub=["7"]),
    "alg none": header(alg="none"),
    "foreign key": foreign_key,
    "public key as a secret": public_key_as_a_secret,
    "client secret as the key": client_secret_as_the_key,
    "critical header": header(crit=["b64"], b64=False),
    "signature cut off": signature_cut_off,
    "no token": granted(id_token=None),
    "no token's form": granted(id_token="x.y"),
    "not text": granted(id_token={"sub": "7"}),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_token_that_is_not_as_it_must_be_lets_nobody_in(link: FakeProviderLink, name: str) -> None:
    provider = provider_of(link)
    secret, url = await provider.begin()
    answer = link.visited(url)
    FORGERIES[name](link)
    with pytest.raises(Unauthenticated, match=r"^unauthenticated\.sign_on_token$"):
        await provider.finish(secret, answer)
    # Nothing is asked on behalf of somebody who is not known.
    assert "userinfo" not in link.asked


@pytest.mark.parametrize(
    "forged", [claims(aud=[CLIENT_ID]), claims(azp=CLIENT_ID), timed("exp", -59), timed("iat", 59)]
)
async def test_what_the_protocol_allows_is_allowed(link: FakeProviderLink, forged: Forgery) -> None:
    forged(link)
    assert (await signed_in(link)).subject == "7"


async def test_a_key_that_is_newer_than_those_known_is_asked_for_once(link: FakeProviderLink) -> None:
    provider = provider_of(link)
    for kid in ("1", "1", "2", "2"):
        if kid != link.header["kid"]:
            link.key = new_key(kid)
            link.published, link.header["kid"] = [link.key], kid
        secret, url = await provider.begin()
        await provider.finish(secret, link.visited(url))
    assert link.asked.count("jwks") == 2


async def test_an_old_key_is_no_longer_believed_once_the_new_ones_are_known(link: FakeProviderLink) -> None:
    provider = provider_of(link)
    old, link.published = link.key, [new_key("2")]
    link.key = old
    secret, url = await provider.begin()
    with pytest.raises(Unauthenticated):
        await provider.finish(secret, link.visited(url))


@pytest.mark.parametrize("keys", [None, [], "keys", [None], [{"kty": "EC"}]])
async def test_keys_that_are_none_let_nobody_in(link: FakeProviderLink, keys: Any) -> None:
    link.keys = lambda: {"keys": keys}
    assert await refusal(link) == "unauthenticated.sign_on_token"


@pytest.mark.parametrize("issuer", ["https://evil.test", f"{ISSUER}/", ""])
async def test_another_providers_answer_is_refused_before_its_code_is_used(link: FakeProviderLink, issuer: str) -> None:
    assert await refusal(link, iss=issuer) == "unauthenticated.sign_on_token"
    assert "token" not in link.asked


async def test_a_provider_that_never_names_itself_need_not(link: FakeProviderLink) -> None:
    del link.metadata["authorization_response_iss_parameter_supported"]
    assert (await signed_in(link, iss="")).subject == "7"
    assert await refusal(link, iss="https://evil.test") == "unauthenticated.sign_on_token"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("access_denied", "unauthenticated.sign_on_denied"),
        ("login_required", "unauthenticated.sign_on_denied"),
        ("temporarily_unavailable", "provider_unavailable.own_words"),
        ("invalid_scope", "unauthenticated.sign_on_error"),
        ("<script>", "unauthenticated.sign_on_error"),
    ],
)
async def test_a_provider_that_says_no_is_quoted_by_its_code_alone(
    link: FakeProviderLink, error: str, said: str
) -> None:
    assert await refusal(link, code="", error=error, error_description="<b>call 555</b>") == said


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (400, "invalid_grant", "unauthenticated.sign_on_code"),
        (401, "invalid_client", "provider_unavailable.client"),
        (400, "<script>", "provider_unavailable.answer"),
        (500, None, "provider_unavailable.answer"),
    ],
)
async def test_a_code_that_is_refused_says_whose_fault_it_is(
    link: FakeProviderLink, status: int, error: str | None, said: str
) -> None:
    link.status["token"], link.granted = status, {"error": error}
    assert await refusal(link) == said


async def test_userinfo_of_somebody_else_is_refused(link: FakeProviderLink) -> None:
    link.userinfo["sub"] = "8"
    assert await refusal(link) == "unauthenticated.sign_on_token"


async def test_userinfo_that_fails_costs_nobody_their_groups(link: FakeProviderLink) -> None:
    link.status["userinfo"] = 503
    assert await refusal(link) == "provider_unavailable.answer"


async def test_userinfo_is_not_asked_when_the_token_says_everything(link: FakeProviderLink) -> None:
    link.claims = {"email": "mina@acme.test", "email_verified": True, "groups": "data"}
    assert (await signed_in(link)).groups == {"data"}
    assert "userinfo" not in link.asked


@pytest.mark.parametrize(
    ("token", "userinfo", "email"),
    [
        ({"email": "a@acme.test"}, {"email": "b@evil.test", "email_verified": True}, "b@evil.test"),
        ({"email": "a@acme.test", "email_verified": True}, {"email": "b@evil.test"}, "a@acme.test"),
        ({"email_verified": True}, {"email": "b@evil.test"}, None),
        ({}, {"email": "b@evil.test", "email_verified": False}, None),
        ({}, {"email": "b@evil.test", "email_verified": "false"}, None),
        ({}, {"email": "b@acme.test", "email_verified": "true"}, "b@acme.test"),
        ({}, {"email": ["b@acme.test"], "email_verified": True}, None),
        ({}, {}, None),
    ],
)
async def test_an_address_is_verified_only_by_whoever_named_it(
    link: FakeProviderLink, token: dict[str, Any], userinfo: dict[str, Any], email: str | None
) -> None:
    link.claims, link.userinfo = token, {"sub": "7"} | userinfo
    assert (await signed_in(link)).email == email


@pytest.mark.parametrize(("claim", "groups"), [(None, set()), ([], set()), ({"a": 1}, set()), ("one", {"one"})])
async def test_groups_are_a_list_or_one_word(link: FakeProviderLink, claim: Any, groups: set[str]) -> None:
    link.claims = {"groups": claim}
    assert (await signed_in(link)).groups == groups


async def test_groups_that_are_told_elsewhere_are_not_taken_for_none(link: FakeProviderLink) -> None:
    link.claims = {"_claim_names": {"groups": "src1"}}
    assert await refusal(link) == "unauthenticated.sign_on_groups"


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://evil.test"},
        {"issuer": f"{ISSUER}/"},
        {"issuer": None},
        {"authorization_endpoint": "http://id.test/auth"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://127.0.0.1/token"},
        {"token_endpoint": None},
        {"jwks_uri": ["https://id.test"]},
        {"userinfo_endpoint": "//id.test/userinfo"},
        {"end_session_endpoint": "https://user@id.test/"},
    ],
)
async def test_a_description_that_cannot_be_trusted_is_not_used(link: FakeProviderLink, wrong: dict[str, Any]) -> None:
    link.metadata |= wrong
    assert await refusal(link) == "provider_unavailable.answer"
    assert link.asked == ["openid-configuration"]


async def test_a_provider_that_is_away_is_asked_again_by_the_next_person(link: FakeProviderLink) -> None:
    provider = provider_of(link)
    link.gone = True
    # Many at once wait for one answer, not one behind the other.
    refused = await asyncio.gather(*(provider.begin() for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in refused] == [ProviderUnavailable] * 5
    assert link.asked == ["openid-configuration"]
    link.gone = False
    link.clock.advance(seconds=5)
    await provider.begin()
    assert len(link.asked) == 2


async def test_nobody_is_sent_to_a_provider_that_went_away(link: FakeProviderLink) -> None:
    provider = provider_of(link)
    await provider.begin()
    link.gone = True
    link.clock.advance(seconds=5)
    with pytest.raises(ProviderUnavailable):
        await provider.begin()


async def test_signing_out_leads_to_the_provider_and_back(link: FakeProviderLink) -> None:
    address, _, query = (await provider_of(link).farewell() or "").partition("?")
    assert address == f"{ISSUER}/end"
    back = {"client_id": [CLIENT_ID], "post_logout_redirect_uri": ["https://dash.test/session/login"]}
    assert parse_qs(query) == back


@pytest.mark.parametrize("gone", [True, False])
async def test_signing_out_needs_no_provider(link: FakeProviderLink, gone: bool) -> None:
    del link.metadata["end_session_endpoint"]
    link.gone = gone
    assert await provider_of(link).farewell() is None


def test_the_fake_signs_what_others_can_verify(clock: FakeClock) -> None:
    link = FakeProviderLink(clock)
    assert jwt.decode(link.id_token(), link.key, ["ES256"]).claims["aud"] == CLIENT_ID

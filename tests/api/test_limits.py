"""How often a token may ask, and how often an address may be wrong about who it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from core.api.limits import KEYS_MAX, Counter, Limits, network
from core.errors import TooManyRequests
from core.models import Rate, Role
from core.settings import Settings
from tests.api.conftest import Served, make_org, serving
from tests.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def counter(clock: FakeClock, rate: str = "5/10s") -> Counter:
    return Counter(Rate.parse(rate), clock.seconds)


def admitted(counted: Counter, times: int, key: str = "k") -> int:
    done = 0
    for _ in range(times):
        try:
            counted.require(key)
        except TooManyRequests:
            return done
        counted.add(key)
        done += 1
    return done


def test_as_many_as_the_rate_says_are_admitted_at_once_and_none_more(clock: FakeClock) -> None:
    counted = counter(clock)
    assert admitted(counted, 20) == 5
    assert admitted(counted, 1, "another") == 1


@pytest.mark.parametrize("passed", [0.0, 0.3, 4.2, 9.9])
def test_after_the_wait_that_is_told_there_is_room_and_not_before(clock: FakeClock, passed: float) -> None:
    counted = counter(clock)
    clock.advance(passed)
    admitted(counted, 5)
    with pytest.raises(TooManyRequests) as refused:
        counted.require("k")
    assert 0 < refused.value.retry_after <= 20
    clock.advance(refused.value.retry_after - 0.01)
    assert admitted(counted, 1) == 0
    clock.advance(0.02)
    assert admitted(counted, 1) == 1


def test_two_windows_side_by_side_do_not_admit_twice_as_many(clock: FakeClock) -> None:
    counted = counter(clock)
    clock.advance(9.9)
    assert admitted(counted, 5) == 5
    clock.advance(0.2)
    assert admitted(counted, 5) <= 1  # as much of the window before as has faded out


def test_whoever_was_quiet_for_two_windows_has_all_of_it_again(clock: FakeClock) -> None:
    counted = counter(clock)
    admitted(counted, 5)
    clock.advance(20)
    assert admitted(counted, 9) == 5


def test_nought_is_no_limit(clock: FakeClock) -> None:
    assert admitted(counter(clock, "0"), 5000) == 5000


def test_many_keys_take_bounded_room_and_the_busy_ones_stay_known(clock: FakeClock) -> None:
    counted = counter(clock)
    for number in range(3 * KEYS_MAX):
        counted.add(f"key {number}")
        if number % 1000 == 0:
            counted.add("busy")
    assert len(counted._counts) == KEYS_MAX
    assert admitted(counted, 1, "busy") == 0


@pytest.mark.parametrize("text", ["", "5", "5/s", "0/10s", "5/0s", "-5/10s", "5/10d", "5/10s/x", "٥/10s", "5 / 10s"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        Rate.parse(text)


def test_a_rate_may_be_told_in_minutes_and_hours() -> None:
    assert [Rate.parse(text).seconds for text in ("1/2s", "1/2m", "1/2h")] == [2, 120, 7200]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_an_ipv6_address_counts_with_its_network(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Served]:
    """An hour, so that no window ends while a test runs."""
    with serving(tmp_path, rate_limit_token="5/1h", rate_limit_address="4/1h") as running:
        yield running


def refused(answers: list[requests.Response]) -> list[bool]:
    return [answer.status_code == 429 for answer in answers]


def test_a_token_that_asks_too_often_waits_and_others_do_not(limited: Served) -> None:
    org = make_org(limited)
    answers = [org.call("GET") for _ in range(7)]
    assert refused(answers)[:5] == [False] * 5
    last = answers[-1]
    assert (last.status_code, last.json()["code"]) == (429, "too_many_requests")
    assert int(last.headers["Retry-After"]) == last.json()["retry_after_s"] >= 1
    assert last.headers["Content-Type"] == "application/problem+json"
    assert org.call("GET", role=Role.VIEWER).status_code == 200


def test_an_address_with_too_many_bad_tokens_is_refused_before_anything_is_looked_up(
    limited: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    org, access, looked = make_org(limited), limited.product.runtime.access, list[str]()
    monkeypatch.setattr(access, "actor_of_token", _counting(access.actor_of_token, looked))
    answers = [org.call("GET", headers={"Authorization": f"Bearer chsh_{n}"}) for n in range(7)]
    assert refused(answers) == [False] * 4 + [True] * 3
    assert len(looked) == 4
    assert org.call("GET", role=Role.EDITOR).status_code == 429
    sign_in = org.call("POST", "/session/login", role=None, data={"username": "x", "password": "y"})
    assert sign_in.status_code == 429
    assert org.call("GET", "/healthz", role=None).status_code == 200


def _counting(ask: Any, seen: list[str]) -> Any:
    def asking(token: str, address: str | None) -> Any:
        seen.append(token)
        return ask(token, address)

    return asking


def test_failed_sign_ins_count_for_their_address(tmp_path: Path) -> None:
    with serving(tmp_path, rate_limit_address="3/1h") as running:
        org = make_org(running)
        answers = [org.call("POST", "/session/login", role=None, data={"username": "x"}) for _ in range(5)]
        assert refused(answers) == [False] * 3 + [True] * 2
        assert org.call("GET", "/session/login", role=None).status_code == 200


def test_a_sign_in_that_has_not_ended_counts_already_and_one_that_was_right_does_not() -> None:
    limits = Limits(Settings(rate_limit_address="2/1h"))
    limits.begin("192.0.2.7")
    limits.begin("192.0.2.7")
    with pytest.raises(TooManyRequests):
        limits.begin("192.0.2.7")
    limits.forgive("192.0.2.7")
    limits.begin("192.0.2.7")
    limits.forgive("192.0.2.8")

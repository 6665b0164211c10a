"""What tells a ladder that broke from the last one that held."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.diagnosis.changes import changes
from core.i18n import LANGUAGES, translator
from core.models import STEPS, Check, CheckStatus

OK, WARNING, FAILED, SKIPPED = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.FAILED, CheckStatus.SKIPPED


def check(step: str, status: CheckStatus = OK, **facts: Any) -> Check:
    return Check(step, status, facts=facts)


def keys(before: Check, now: Check) -> list[str]:
    found = changes([before], [now])
    for lang in LANGUAGES:
        assert all(translator(lang, strict=True).message(change.message) for change in found)
    return [change.message.key for change in found]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (["10.0.0.1"], ["10.0.0.1"], []),
        (["10.0.0.1", "10.0.0.2"], ["10.0.0.2", "10.0.0.1"], []),
        (["10.0.0.1"], ["10.0.0.9"], ["change.addresses"]),
        (["10.0.0.1", "10.0.0.2"], ["10.0.0.2", "10.0.0.9"], ["change.addresses_partly"]),
        (["10.0.0.1"], [], []),
    ],
)
def test_a_name_that_resolves_elsewhere_is_told(old: list[str], new: list[str], said: list[str]) -> None:
    assert keys(check("dns", addresses=old), check("dns", addresses=new)) == said


def test_another_certificate_is_told_whether_it_is_believed_or_not() -> None:
    before = check("tls", certificate="a", subject="db", issuer="we")
    for status in (OK, FAILED):
        assert keys(before, check("tls", status, certificate="b", subject="x", issuer="y")) == ["change.certificate"]
    assert keys(before, check("tls", FAILED, certificate="a")) == []


def test_encryption_that_is_gone_is_told() -> None:
    before = check("tls", certificate="a")
    assert keys(before, check("tls", FAILED)) == ["change.lost.tls"]
    assert keys(before, check("tls", SKIPPED)) == []


def test_another_version_of_the_server_is_told() -> None:
    assert keys(check("auth", server="1"), check("auth", server="2")) == ["change.server"]
    assert keys(check("auth", server="1"), check("auth")) == []


@pytest.mark.parametrize("step", ["auth", "permission"])
@pytest.mark.parametrize("held", [OK, WARNING])
def test_a_right_that_is_gone_is_told(step: str, held: CheckStatus) -> None:
    assert keys(check(step, held), check(step, FAILED)) == [f"change.lost.{step}"]
    assert keys(check(step, SKIPPED), check(step, FAILED)) == []
    assert keys(check(step, held), check(step, SKIPPED)) == []


def test_a_user_that_now_can_write_is_told() -> None:
    assert keys(check("read_only"), check("read_only", WARNING)) == ["change.read_only"]
    assert keys(check("read_only", WARNING), check("read_only", WARNING)) == []


NAMES = ("certificate", "server", "subject")
FACTS = st.fixed_dictionaries({}, optional={name: st.text(max_size=3) for name in NAMES})
CHECKS = st.lists(
    st.builds(
        lambda step, status, facts: Check(step, status, facts=facts), *map(st.sampled_from, (STEPS, CheckStatus)), FACTS
    ),
    unique_by=lambda found: found.step,
)


@given(CHECKS)
def test_a_ladder_does_not_differ_from_itself(ladder: list[Check]) -> None:
    assert [change for change in changes(ladder, ladder) if "lost" not in change.message.key] == []


@given(CHECKS, CHECKS)
def test_every_change_is_of_a_rung_of_both(before: list[Check], now: list[Check]) -> None:
    both = {found.step for found in before} & {found.step for found in now}
    assert {change.step for change in changes(before, now)} <= both

"""The order of rungs, and what a broken one skips."""

import pytest

from core.diagnosis.ladder import Found, climb, skipped, unsupported
from core.errors import CertificateInvalid, PermissionDenied, Unreachable
from core.models import STEPS, Check, CheckStatus, FieldError, Message

pytestmark = pytest.mark.anyio


async def holds() -> Found:
    return Found(Message.literal("yes"), facts={"server": "1"})


async def breaks() -> Found:
    raise Unreachable("refused", fields=(FieldError("config.host", Message("field.at_fault")),), host="h", port=1)


async def forbids() -> Found:
    raise PermissionDenied("object", detail="no")


async def checks(**rungs: object) -> dict[str, Check]:
    return {check.step: check async for check in climb(*rungs.items())}  # type: ignore[arg-type]  # by name


async def test_each_rung_is_timed_and_shows_what_it_found() -> None:
    found = (await checks(dns=holds))["dns"]
    assert (found.status, found.evidence, dict(found.facts)) == (
        CheckStatus.OK,
        Message.literal("yes"),
        {"server": "1"},
    )
    assert found.ms > 0


async def test_a_rung_that_breaks_skips_the_others_and_is_named() -> None:
    found = await checks(dns=breaks, tcp=holds, read_only=holds)
    assert (found["dns"].status, found["dns"].fields) == (CheckStatus.FAILED, ("config.host",))
    reason = Message("check.skipped_after", {"step": "dns"})
    assert [(c.status, c.evidence) for c in list(found.values())[2:]] == [(CheckStatus.SKIPPED, reason)] * 2


async def test_who_may_read_nothing_is_still_asked_whether_it_can_write() -> None:
    found = await checks(permission=forbids, read_only=holds, sample=holds)
    statuses = [found[step].status for step in ("permission", "read_only", "sample")]
    assert statuses == [CheckStatus.FAILED, CheckStatus.OK, CheckStatus.SKIPPED]


async def test_a_rung_with_nothing_to_try_breaks_nothing() -> None:
    async def no_tls() -> Found:
        return skipped("check.no_tls")

    async def no_rights() -> Found:
        return unsupported("check.only_get")

    found = await checks(tls=no_tls, read_only=no_rights, sample=holds)
    statuses = [found[step].status for step in ("tls", "read_only", "sample")]
    assert statuses == [CheckStatus.SKIPPED, CheckStatus.UNSUPPORTED, CheckStatus.OK]


async def test_a_broken_rung_keeps_the_facts_of_its_error() -> None:
    async def shown() -> Found:
        raise CertificateInvalid("name_shown", host="h", port=1, certificate="ab", names="other")

    assert dict((await checks(tls=shown))["tls"].facts) == {"certificate": "ab", "names": "other"}


def test_the_address_rules_judge_what_the_name_lookup_found() -> None:
    assert STEPS.index("dns") < STEPS.index("egress") < STEPS.index("tcp")

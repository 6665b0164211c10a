"""What tells a ladder that broke from the last one that held."""

from collections.abc import Iterator, Mapping, Sequence

from core.models import Change, Check, CheckStatus, Message

HELD = frozenset({CheckStatus.OK, CheckStatus.WARNING})


def changes(before: Sequence[Check], now: Sequence[Check]) -> tuple[Change, ...]:
    """Each difference once, in the order of the rungs. A rung that was not tried now says nothing."""
    then = {check.step: check for check in before}
    return tuple(change for check in now if check.step in then for change in _of_rung(then[check.step], check))


def _of_rung(before: Check, now: Check) -> Iterator[Change]:
    yield from _addresses(before, now)
    yield from _certificate(before, now)
    yield from _server(before, now)
    if before.status in HELD and now.status is CheckStatus.FAILED and now.step in ("auth", "permission"):
        yield Change(now.step, Message(f"change.lost.{now.step}"))
    if now.step == "read_only" and before.status is CheckStatus.OK and now.status is CheckStatus.WARNING:
        yield Change(now.step, Message("change.read_only"))


def _addresses(before: Check, now: Check) -> Iterator[Change]:
    old, new = (set(check.facts.get("addresses", ())) for check in (before, now))
    if old and new and old != new:
        key = "change.addresses_partly" if old & new else "change.addresses"
        yield Change(now.step, Message(key, {"before": _listed(old), "after": _listed(new)}))


def _certificate(before: Check, now: Check) -> Iterator[Change]:
    old, new = before.facts.get("certificate"), now.facts.get("certificate")
    if old and new and old != new:
        yield Change(now.step, Message("change.certificate", _told(before.facts, "old") | _told(now.facts, "new")))
    elif old and now.step == "tls" and now.status is CheckStatus.FAILED and not new:
        yield Change(now.step, Message("change.lost.tls"))


def _told(facts: Mapping[str, str], when: str) -> dict[str, str]:
    return {f"{when}_{name}": str(facts.get(name, "")) for name in ("subject", "issuer")}


def _server(before: Check, now: Check) -> Iterator[Change]:
    old, new = before.facts.get("server"), now.facts.get("server")
    if old and new and old != new:
        yield Change(now.step, Message("change.server", {"before": str(old), "after": str(new)}))


def _listed(addresses: set[str]) -> str:
    return ", ".join(sorted(addresses))

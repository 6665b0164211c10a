"""What the troubles of several sources have in common, and the incidents that they make.

Two sources that fail for one reason are one incident: whoever is told of it should be told once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from core.models import Cause

JOINS_WITHIN = timedelta(minutes=2)
"""Since the last source joined: who fails later fails anew."""
SAME_TIME = timedelta(seconds=60)
"""Between two failures of one class that have nothing else in common."""

UNKNOWN = "circuit_open"
"""The code of a breaker that another process opened, before anything is known of why."""
ABOUT_THE_HOST = frozenset({"unreachable", "timeout", "source_unavailable", "bad_answer", "tls_invalid"})
"""Codes that may be the host's fault. A password or a table is one source's own, wherever it lives."""
ABOUT_THE_CERTIFICATE = ("error.tls_invalid.name", "error.tls_invalid.expired", "error.tls_invalid.authority")
NARROWEST_FIRST = (Cause.CERTIFICATE, Cause.HOST, Cause.CLASS)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A source's failure: since when, of which host, and its diagnosis as it is stored."""

    ts: datetime
    host: str = ""
    diagnosis: Mapping[str, Any] | None = None

    @property
    def code(self) -> str:
        return str(self.diagnosis["code"]) if self.diagnosis else UNKNOWN

    def keys(self) -> dict[Cause, str]:
        """What stands for each cause that this trouble may have, the narrowest first."""
        if self.diagnosis is None:
            return {}
        said, args = str(self.diagnosis["message"]["key"]), self.diagnosis["message"]["args"]
        certificate = str(args.get("certificate") or self.host) if said.startswith(ABOUT_THE_CERTIFICATE) else ""
        host = self.host if self.code in ABOUT_THE_HOST else ""
        found = {Cause.CERTIFICATE: certificate, Cause.HOST: host, Cause.CLASS: said.removeprefix("error.")}
        return {cause: key for cause, key in found.items() if key}


@dataclass(slots=True)
class Member:
    """A source in an incident."""

    trouble: Trouble
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(slots=True)
class Case:
    """An open incident and its sources, by inner key."""

    org_id: int
    code: str
    opened_at: datetime
    joined_at: datetime
    cause: Cause = Cause.SOURCE
    cause_key: str = ""
    uid: UUID = field(default_factory=uuid4)
    closed_at: datetime | None = None
    members: dict[int, Member] = field(default_factory=dict)
    _shared: dict[Cause, str] | None = None

    def common(self, newcomer: Trouble, now: datetime) -> tuple[Cause, str] | None:
        """What all its sources and the newcomer share: the narrowest cause that holds for every one of them."""
        if self.closed_at is not None or now - self.joined_at > JOINS_WITHIN:
            return None
        mine = self._shared or {}
        for cause, key in newcomer.keys().items():
            if mine.get(cause) == key and (cause is not Cause.CLASS or self._failed_about(newcomer.ts)):
                return cause, key
        return None

    def hold(self, source: int, member: Member) -> None:
        """One more source, or one that is back."""
        self.members[source] = member
        keys = member.trouble.keys()
        self._shared = keys if self._shared is None else dict(self._shared.items() & keys.items())
        self.opened_at = min(self.opened_at, member.opened_at)

    def settle(self, uid: UUID) -> None:
        """A source that is back for another reason leaves the narrowest cause that still holds for all, or none."""
        shared = self._shared or {}
        if self.cause is Cause.SOURCE or shared.get(self.cause) == self.cause_key:
            return
        left = next((cause for cause in NARROWEST_FIRST if cause in shared), None)
        self.cause, self.cause_key = (Cause.SOURCE, str(uid)) if left is None else (left, shared[left])

    def leave(self, source: int, ts: datetime) -> None:
        """The last one to leave ends it."""
        member = self.members[source]
        member.closed_at = max(ts, member.opened_at)
        if not self.open_members:
            self.closed_at = max(each.closed_at or ts for each in self.members.values())

    @property
    def open_members(self) -> int:
        return sum(member.closed_at is None for member in self.members.values())

    def _failed_about(self, ts: datetime) -> bool:
        return any(abs(member.trouble.ts - ts) <= SAME_TIME for member in reversed(self.members.values()))


class Board:
    """The open incidents of some organisations, and what becomes of them."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self.cases = list(cases)
        self._of = {source: case for case in self.cases for source in case.members}

    def open(self, org_id: int, source: int, uid: UUID, trouble: Trouble, now: datetime) -> Case | None:
        """The incident that the source is in from now on; None where it was in one already."""
        known = self._present(source)
        if known is None:
            case = self._joined(org_id, trouble, now) or self._begun(org_id, uid, trouble, now)
            case.hold(source, Member(trouble, trouble.ts))
            self._of[source] = case
            return case
        before = known.members[source]
        if before.closed_at is None:
            return None
        known.hold(source, Member(trouble, before.opened_at))
        known.settle(uid)
        return known

    def close(self, source: int, ts: datetime) -> Case | None:
        """The incident that the source has left; None where it was in none."""
        case = self._present(source)
        if case is None or case.members[source].closed_at is not None:
            return None
        case.leave(source, ts)
        return case

    def _present(self, source: int) -> Case | None:
        case = self._of.get(source)
        return case if case is not None and case.closed_at is None else None

    def _joined(self, org_id: int, trouble: Trouble, now: datetime) -> Case | None:
        """Of several the one with the narrowest common cause, of these the newest. That becomes its cause."""
        theirs = [case for case in reversed(self.cases) if case.org_id == org_id]
        found = [(case, common) for case in theirs if (common := case.common(trouble, now)) is not None]
        if not found:
            return None
        case, common = min(found, key=lambda each: NARROWEST_FIRST.index(each[1][0]))
        case.cause, case.cause_key = common
        case.joined_at = now
        return case

    def _begun(self, org_id: int, uid: UUID, trouble: Trouble, now: datetime) -> Case:
        case = Case(org_id, trouble.code, trouble.ts, now, cause_key=str(uid))
        self.cases.append(case)
        return case

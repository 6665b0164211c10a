"""Carries the outbox to the hooks: again and again until it is taken, in every process that serves or works."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from core.models import BreakerState, Status
from core.services.alert_messages import Told, incident_message
from core.services.alert_post import AlertPost
from core.services.evidence import evidence_of
from core.services.incidents import incident_of
from core.services.periodic import Periodic
from core.services.status import effective_interval, status_of
from core.storage.alert_hooks import HookRecord, HookRepository
from core.storage.incident_list import IncidentRecord, IncidentRepository, MemberRecord
from core.storage.outbox import Delivery, Outbox
from core.storage.status import StatusRepository
from core.storage.status_rows import StatusRecord

log = structlog.get_logger(__name__)

GATHER_S = 20.0
"""From the beginning of an incident to its message: sources that fail with the first one are told with it."""
LOOK_S = 2.0
"""Between two looks at the outbox."""
LEASE_S = 60.0
"""A claimed delivery is left alone for so long: well above what one attempt may take."""
PAUSES_S = (10, 30, 120, 600)
"""After the first attempts; then hourly."""
HOURLY_S, ATTEMPTS_MAX = 3600, len(PAUSES_S) + 24


class AlertSender:
    """One for a process. Lives on the background loop."""

    def __init__(
        self,
        outbox: Outbox,
        hooks: HookRepository,
        incidents: IncidentRepository,
        statuses: StatusRepository,
        post: AlertPost,
        origin: str,
        *,
        check_interval_s: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        gather_s: float = GATHER_S,
        look_s: float = LOOK_S,
    ) -> None:
        """`origin` is where the dashboard is reached, for links.

        `check_interval_s` is that of sources without one of their own; 0 without scheduled checks.
        """
        self._outbox, self._hooks, self._incidents, self._statuses = outbox, hooks, incidents, statuses
        self._post, self._origin, self._clock = post, origin, clock
        self._gather, self._look_s = timedelta(seconds=gather_s), look_s
        self._check_interval_s = check_interval_s
        self._periodic = Periodic("alerts", self._look, retry_s=look_s)

    async def work(self) -> int:
        """Sends what is due now, once each. Gives how many attempts that were."""
        due = await self._outbox.claim(self._clock(), self._gather, timedelta(seconds=LEASE_S))
        ends = await asyncio.gather(*map(self._deliver, due), return_exceptions=True)
        for error in ends:
            if error is not None:
                raise error
        return len(due)

    def start(self) -> None:
        self._periodic.start()

    async def close(self) -> None:
        """What is on its way is sent again by whoever comes next."""
        await self._periodic.close()

    async def _deliver(self, delivery: Delivery) -> None:
        hook, incident = await self._hooks.get(delivery.hook_id), await self._incidents.get(delivery.incident_id)
        if hook is None or incident is None:  # removed in this moment, and the delivery with it
            return
        told = incident_message(await self._told(delivery, incident), self._post.speaking(hook))
        posted = await self._post.send(hook, delivery.uid, told)
        if posted.code is None:
            await self._outbox.delivered(delivery, self._clock())
        else:
            await self._put_off(delivery, hook, posted.code)

    async def _told(self, delivery: Delivery, record: IncidentRecord) -> Told:
        now, kept = self._clock(), await self._statuses.with_ids([member.id for member in record.members])
        statuses = {
            member.uid: self._status(member, row, now)
            for member in record.members
            if (row := kept.get(member.id)) is not None
        }
        return Told(incident_of(record), record.org_slug, delivery.moment, statuses, self._origin)

    def _status(self, member: MemberRecord, row: StatusRecord, now: datetime) -> Status:
        evidence = evidence_of(row)
        slowed = evidence is not None and evidence.refused_us
        interval = effective_interval(member.check_interval_s, self._check_interval_s, slowed=slowed)
        return status_of(BreakerState(row.state), evidence, paused=member.paused, now=now, interval=interval)

    async def _put_off(self, delivery: Delivery, hook: HookRecord, code: str) -> None:
        again = again_at(delivery.attempts, self._clock())
        log.warning(
            "alert_not_delivered", hook=str(hook.uid), host=hook.host, delivery=str(delivery.uid), error=code,
            attempts=delivery.attempts, given_up=again is None,
        )  # fmt: skip
        await self._outbox.failed(delivery, code, again)

    async def _look(self) -> float:
        """Seconds until the next look: none while there may be more to send."""
        return 0.0 if await self.work() else self._look_s


def again_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many attempts; None after a day of them."""
    if attempts >= ATTEMPTS_MAX:
        return None
    pause = PAUSES_S[attempts - 1] if attempts <= len(PAUSES_S) else HOURLY_S
    return now + timedelta(seconds=pause)

"""What somebody who may not invite any more has offered: it must not bring them back by another name."""

from datetime import datetime

from core.access.ports import Trail
from core.models import Actor
from core.storage.invitations import InvitationRepository


async def withdraw(
    invitations: InvitationRepository, trail: Trail, actor: Actor, inviter: str, now: datetime, org: str | None = None
) -> None:
    """Revokes the invitations of `inviter` that are open, into `org` or anywhere. Each is a line of the trail."""
    for record in await invitations.open_by(inviter, now):
        if org in (None, record.org):
            await invitations.revoke(record.uid, now)
            await trail.note(actor, record.org, "invitation.revoke", record.note, record.uid)

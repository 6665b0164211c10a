"""Who comes in, and all that is decided about people, over the same records."""

from dataclasses import dataclass

from core.access.identity import Access
from core.access.passwords import Passwords
from core.access.ports import AddressLimit
from core.access.throttle import Throttle
from core.services.accounts import Accounts
from core.services.audit import Audit
from core.services.invitations import Invitations
from core.services.last_uses import LastUses
from core.services.members import Members
from core.services.tokens import Tokens
from core.storage.people_records import PeopleRecords


@dataclass(frozen=True, slots=True)
class Admission:
    """They share the turns in which passwords are hashed, and the count of wrong ones. `uses` is not started yet."""

    access: Access
    uses: LastUses
    members: Members
    invitations: Invitations
    tokens: Tokens
    accounts: Accounts

    @property
    def services(self) -> tuple[Members, Invitations, Tokens, Accounts]:
        """What pages, HTTP and command line call."""
        return self.members, self.invitations, self.tokens, self.accounts


def admission(
    records: PeopleRecords,
    audit: Audit,
    session_hours: float,
    *,
    passwords: Passwords | None = None,
    throttle: Throttle | None = None,
    address_limit: AddressLimit | None = None,
) -> Admission:
    """Without a hasher or a throttle the real ones; without a limit an address may try as many accounts as it likes."""
    passwords, throttle = passwords or Passwords(), throttle or Throttle()
    uses = LastUses(records.sessions, records.tokens)
    access = Access(
        records,
        audit,
        session_hours=session_hours,
        passwords=passwords,
        throttle=throttle,
        uses=uses,
        address_limit=address_limit,
    )
    members, invitations = Members(records, audit), Invitations(records, access, passwords, audit)
    accounts = Accounts(records, access, passwords, throttle, audit)
    return Admission(access, uses, members, invitations, Tokens(records, audit), accounts)

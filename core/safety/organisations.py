"""The address rules of each organisation: what is denied to all of them, and below that a list of its own."""

from collections.abc import Sequence
from dataclasses import replace

from core.safety.egress import EgressPolicy


class OrganisationPolicies:
    """One for a process."""

    def __init__(self, common: EgressPolicy) -> None:
        """`common` holds for everybody; its `allow` only for who has no list."""
        self._common = common
        self._lists: dict[str, list[str]] = {}
        self._policies: dict[str, EgressPolicy] = {}

    def of(self, org: str) -> EgressPolicy:
        """Always the same one for a slug: whoever keeps it obeys each change of the list."""
        if org not in self._policies:
            self._lists[org] = list(self._common.allow)
            self._policies[org] = replace(self._common, allow=self._lists[org])
        return self._policies[org]

    def allow(self, org: str, entries: Sequence[str]) -> None:
        """Nothing but these from now on; everything that is not denied where there are none."""
        self.of(org)
        self._lists[org][:] = entries or self._common.allow

"""The keys that wrap data keys: put in each other's place while dashboards run, and proven.

The order makes it safe to end anywhere. A new key comes on top of the file; once those who read the file before have
finished writing, nobody wraps with an old key any more. Then every row is wrapped anew, then every row is opened with
the new key alone, and only then the old keys go. A file with several keys is a rotation that has begun: the next one
goes on with it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from core.errors import Conflict, Forbidden
from core.models import Actor
from core.services.audit import Audit
from core.storage.encryption import Keyring, SealBroken, Sealed, Vault
from core.storage.key_file import fresh_key, held, read_key_file, replace_key_file, replaceable
from core.storage.sealed import SealedRepository, SealedRow


@dataclass(frozen=True, slots=True)
class Unopened:
    """A row that does not open: its table, the id that outsiders know, its key's id, and why:
    `seal_broken`, `key_unknown`, or `key_old` where somebody still writes with a key that others do not put first."""

    table: str
    id: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What the keys are and what needs them. `rows` counts by the id of the key that wrapped them, `place` is where
    a person finds the keys."""

    place: str
    keys: tuple[str, ...]
    rows: Mapping[str, int]
    unopened: tuple[Unopened, ...]

    @property
    def unneeded(self) -> tuple[str, ...]:
        """Keys that nothing was wrapped with; the first one writes, so it is always needed."""
        return tuple(kek_id for kek_id in self.keys[1:] if not self.rows.get(kek_id))

    @property
    def ok(self) -> bool:
        return not self.unopened


@dataclass(frozen=True, slots=True)
class Rotation:
    """How a rotation ended. `removed` are the keys that are gone from `place`; `unneeded` those that a person may take
    out of it, where this process cannot. With `unopened` rows nothing was removed."""

    place: str
    key: str
    continued: bool
    rewrapped: int
    removed: tuple[str, ...]
    unneeded: tuple[str, ...]
    unopened: tuple[Unopened, ...]

    @property
    def ok(self) -> bool:
        return not self.unopened


class Keys:
    """For server administrators: every method raises Forbidden for anybody else."""

    def __init__(
        self, sealed: SealedRepository, audit: Audit, keys: Mapping[str, bytes], path: Path | None, place: str
    ) -> None:
        """`path` is the key file; None where the keys come from the environment. `place` names either for people."""
        self._sealed, self._audit, self._keys, self._path = sealed, audit, dict(keys), path
        self._place = place

    async def verify(self, actor: Actor) -> KeyReport:
        """Opens every row."""
        _require(actor)
        keyring = Keyring(self._keys, self._path)
        unopened = [row async for row in self._unopened(keyring, keyring)]
        return KeyReport(self._place, tuple(self._keys), await self._sealed.counts(), tuple(unopened))

    async def rotate(self, actor: Actor) -> Rotation:
        """Brings every row under one key.

        That is a new one where the key file can be written, else the first of those that there are. Raises Conflict
        while another rotation runs, or where there is neither a file to write nor a second key.
        """
        _require(actor)
        with self._held():
            continued = self._begin()
            key = next(iter(self._keys))
            await self._sealed.settle()
            rewrapped = await self._rewrap(key)
            alone = Keyring({key: self._keys[key]})
            unopened = tuple([row async for row in self._unopened(alone, Keyring(self._keys))])
            # Where nothing was sealed, this may be another database than the one that needs the old key.
            old = () if unopened or not await self._sealed.counts() else tuple(self._keys)[1:]
            await self._audit.note(
                actor, None, "keys.rotate", key, rewrapped=rewrapped, removed=list(old), unopened=len(unopened)
            )
            removed = self._remove(key, old)
        unneeded = () if removed or unopened else tuple(self._keys)[1:]
        return Rotation(self._place, key, continued, rewrapped, removed, unneeded, unopened)

    @property
    def _file(self) -> Path | None:
        return self._path if self._path is not None and replaceable(self._path) else None

    def _held(self) -> AbstractContextManager[None]:
        return nullcontext() if self._file is None else held(self._file)

    def _begin(self) -> bool:
        """Puts a new key on top of the file, unless a rotation has begun; true when it had."""
        if self._file is not None:
            self._keys = read_key_file(self._file)  # under the lock: another rotation may just have ended
        if len(self._keys) > 1:
            return self._file is not None
        if self._file is None:
            raise Conflict("keys_one", place=self._place)
        self._keys = dict([fresh_key()]) | self._keys
        replace_key_file(self._file, self._keys)
        return False

    async def _rewrap(self, key: str) -> int:
        """Until there is nothing left that could be wrapped anew. How many rows it was."""
        vault, total = Vault(Keyring(self._keys)), 0
        while True:
            stored = 0
            async for page in self._sealed.in_pages(other_than=key):
                stored += await self._sealed.rewrap(_rewrapped(vault, page))
            if not stored:
                return total
            total += stored

    async def _unopened(self, proving: Keyring, known: Keyring) -> AsyncIterator[Unopened]:
        """What does not open with the proving keys; the reason is what all known ones say."""
        vault, whole = Vault(proving), Vault(known)
        async for page in self._sealed.in_pages():
            for row in page:
                if _trouble(vault, row):
                    reason = _trouble(whole, row) or "key_old"
                    yield Unopened(row.table, str(row.uid), row.sealed.kek_id, reason)
            await asyncio.sleep(0)

    def _remove(self, key: str, old: tuple[str, ...]) -> tuple[str, ...]:
        if self._file is None:
            return ()
        if old:
            replace_key_file(self._file, {key: self._keys[key]})
        return old


def _rewrapped(vault: Vault, page: tuple[SealedRow, ...]) -> list[tuple[SealedRow, Sealed]]:
    """Without those that do not open: the proof names them."""
    done = []
    for row in page:
        try:
            done.append((row, vault.rewrap(row.sealed, **row.binding)))
        except SealBroken:
            continue
    return done


def _trouble(vault: Vault, row: SealedRow) -> str:
    """Why it does not open; empty when it does."""
    try:
        vault.open(row.sealed, **row.binding)
    except SealBroken as err:
        return err.reason
    return ""


def _require(actor: Actor) -> None:
    if not actor.server_admin:
        raise Forbidden("server_admin")

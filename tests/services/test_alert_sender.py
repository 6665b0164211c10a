"""From an incident to a signed message at a real receiver, and what happens when nobody takes it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from core.connectors.http.webhook import Webhook
from core.errors import AuthError, CertificateInvalid, SourceError
from core.safety.egress import EgressPolicy
from core.safety.organisations import OrganisationPolicies
from core.services.alert_post import AlertPost
from core.services.alert_sender import ATTEMPTS_MAX, AlertSender, again_at
from core.storage.alert_hooks import HookRecord, HookRepository
from core.storage.database import Database
from core.storage.encryption import Keyring, Vault
from core.storage.incident_list import IncidentRepository
from core.storage.outbox import Outbox
from core.storage.people import PeopleRepository
from core.storage.sources import SourceChanges, SourceRepository
from core.storage.status import StatusRepository
from tests.fakes import FakeClock
from tests.safety.trap import trap
from tests.servers.receiver import receiver
from tests.storage.plant import NOW, REFUSED, Plant

pytestmark = pytest.mark.anyio
SECRET = "Zq7-signing-secret"
ORIGIN = "https://cheshmeh.example.ir"
WRONG_PASSWORD = AuthError("password", user="reader", host="db1")


@dataclass
class Post:
    """One process: a plant whose incidents are told by a sender with a clock that tests turn."""

    plant: Plant
    vault: Vault
    egress: EgressPolicy = field(default_factory=EgressPolicy)
    clock: FakeClock = field(default_factory=FakeClock)
    check_interval_s: float = 0.0

    def __post_init__(self) -> None:
        database = self.plant.database
        self.hooks = HookRepository(database, self.vault)
        post = AlertPost(self.hooks, Webhook(OrganisationPolicies(self.egress)), "Asia/Tehran", self.clock.utc)
        reads = IncidentRepository(database), StatusRepository(database)
        turned = {"clock": self.clock.utc, "look_s": 0, "check_interval_s": self.check_interval_s}
        self.sender = AlertSender(Outbox(database), self.hooks, *reads, post, ORIGIN, **turned)

    async def hook(self, url: str, language: str = "en") -> HookRecord:
        uid = await self.hooks.add(self.plant.org, {"url": url, "secret": SECRET}, "127.0.0.1", language, NOW)
        return await self.hooks.named("acme", uid)

    async def fail(self, *names: str, **how: Any) -> list[Any]:
        sources = [await self.plant.add(name) for name in names]
        for source in sources:
            await self.plant.fail(source, **how)
        return sources

    async def work_after(self, seconds: float) -> int:
        self.clock.advance(seconds)
        return await self.sender.work()


@pytest.fixture
async def plant(database_url: str, anyio_backend: str) -> AsyncIterator[Plant]:
    database = Database(database_url)
    await database.upgrade()
    org = await PeopleRepository(database).add_organisation("acme", "Acme", NOW)
    yield Plant(database, SourceRepository(database, VAULT), org)
    await database.close()


VAULT = Vault(Keyring({"k1": bytes(range(32))}))


@pytest.fixture
def post(plant: Plant) -> Post:
    return Post(plant, VAULT)


async def test_sources_of_one_host_are_one_signed_message_and_so_is_their_end(post: Post) -> None:
    with receiver() as found:
        await post.hook(f"{found.url}/hooks?key=Zq8")
        shop, blog = await post.fail("Shop", "Blog")
        assert await post.work_after(19) == 0
        assert await post.work_after(1) == 1
        (message,) = found.messages
        assert message.path == "/hooks?key=Zq8"
        assert message.signed_by(SECRET)
        assert not message.signed_by("another-secret-of-16")
        told = message.told
        assert told == told | {
            "type": "incident.opened",
            "org": "acme",
            "title": "2 sources are unavailable for one reason: Shop and Blog",
            "cause": "host",
            "code": "unreachable",
            "opened_at": NOW.isoformat(),
            "closed_at": None,
            "sent_at": (NOW + timedelta(seconds=20)).isoformat(),
            "delivery": message.delivery,
        }
        assert told["text"].splitlines() == [
            told["title"],
            "All of them are on one host: db1",
            "Since 21 Mar 2026, 12:00",
            "Nothing accepts connections at db1:5432.",
            "Check that the server runs and that the port is right; a firewall may also be in between.",
        ]
        assert told["sources"][0] == {
            "id": str(shop.uid),
            "name": "Shop",
            "kind": "postgres",
            "url": f"{ORIGIN}/source?source={shop.uid}&org=acme",
            "status": "error",
            "diagnosis": {
                "code": "unreachable",
                "message": told["text"].splitlines()[3],
                "advice": told["text"].splitlines()[4],
            },
        }
        for source in (shop, blog):
            await post.plant.recover(source, 300)
        assert await post.work_after(280) == 1
        end = found.messages[1]
        assert end.signed_by(SECRET)
        assert (end.told["type"], end.told["id"]) == ("incident.closed", told["id"])
        assert (end.told["title"], end.told["closed_at"]) == (
            "2 sources are available again: Shop and Blog",
            (NOW + timedelta(seconds=300)).isoformat(),
        )
        assert [source["status"] for source in end.told["sources"]] == ["healthy"] * 2
        assert end.delivery != message.delivery


async def test_it_speaks_the_hooks_language(post: Post) -> None:
    with receiver() as found:
        await post.hook(found.url, "fa")
        await post.fail(*"ابپتثجح", err=CertificateInvalid("expired", host="db1", port=1))
        await post.work_after(20)
        (message,) = found.messages
        title, cause, since, *_ = message.told["text"].replace("\u200f", "").splitlines()
        assert title == "۷ منبع به یک دلیل در دسترس نیستند: ا، ب، پ، ت، ث و ۲ منبع دیگر"
        assert (cause, since) == ("گواهی همه یکی است: db1", "از ۱ فروردین ۱۴۰۵، ۱۲:۰۰")


async def test_one_source_is_told_without_a_common_cause(post: Post) -> None:
    with receiver() as found:
        await post.hook(found.url)
        await post.fail("Shop", err=AuthError("password", user="reader", host="db1"))
        await post.work_after(20)
        told = found.messages[0].told
        assert (told["title"], told["cause"], told["code"]) == ("Shop is unavailable", "source", "auth_failed")
        assert len(told["text"].splitlines()) == 4


@pytest.mark.parametrize(
    ("default_s", "own_s", "err", "late_s", "status"),
    [
        (60, None, REFUSED, 179, "error"),
        (60, None, REFUSED, 181, "unknown"),
        (60, 600, REFUSED, 1799, "error"),
        (3600, 60, REFUSED, 181, "unknown"),
        (60, None, WRONG_PASSWORD, 2699, "error"),
        (60, None, WRONG_PASSWORD, 2701, "unknown"),
        (3600, None, REFUSED, 10_799, "error"),
        (0, 60, REFUSED, 2699, "error"),
    ],
)
async def test_evidence_is_as_old_as_on_the_pages(
    plant: Plant, default_s: float, own_s: float | None, err: SourceError, late_s: float, status: str
) -> None:
    post = Post(plant, VAULT, check_interval_s=default_s)
    with receiver() as found:
        await post.hook(found.url)
        (shop,) = await post.fail("Shop", err=err)
        await plant.sources.update(shop, SourceChanges(check_interval_s=own_s), expected_version=shop.version)
        await post.work_after(late_s)
        assert found.messages[0].told["sources"][0]["status"] == status


async def test_an_incident_whose_sources_were_deleted_is_told_to_its_end(post: Post) -> None:
    with receiver() as found:
        await post.hook(found.url)
        (shop,) = await post.fail("Shop")
        await post.work_after(20)
        await post.plant.sources.delete(shop)
        post.clock.now = 1e9
        await post.sender.work()
        told = found.messages[1].told
        assert (told["type"], told["sources"]) == ("incident.closed", [])


async def test_what_is_not_taken_is_sent_again_with_the_same_id_until_it_is(post: Post) -> None:
    with receiver(500, 302, 404, 204, Location="http://127.0.0.1:1/elsewhere") as found:
        hook = await post.hook(found.url)
        await post.fail("Shop")
        attempts, errors = [], []
        for seconds in (20, 9, 1, 29, 1, 119, 1, 99999):
            attempts.append(await post.work_after(seconds))
            record = await post.hooks.get(hook.id)
            assert record is not None
            errors.append(record.last_error)
        assert attempts == [1, 0, 1, 0, 1, 0, 1, 0]
        assert errors == ["status_500"] * 2 + ["status_302"] * 2 + ["status_404"] * 2 + [None] * 2
        assert len({message.delivery for message in found.messages}) == 1
        assert len({message.headers["X-Cheshmeh-Signature"] for message in found.messages}) == 4


async def test_after_a_day_it_is_given_up_and_the_end_is_still_told(post: Post) -> None:
    with receiver(500) as found:
        await post.hook(found.url)
        (shop,) = await post.fail("Shop")
        while await post.work_after(3600):
            pass
        assert len(found.messages) == ATTEMPTS_MAX
        found.answers[:] = [204]
        await post.plant.recover(shop, 99999)
        post.clock.now = 1e9
        assert await post.sender.work() == 1
        assert found.messages[-1].told["type"] == "incident.closed"


def test_pauses_grow_from_ten_seconds_to_an_hour_for_a_day() -> None:
    pauses = [again_at(attempts, NOW) for attempts in range(1, ATTEMPTS_MAX + 1)]
    seconds = [(each - NOW).total_seconds() for each in pauses if each is not None]
    assert seconds == [10, 30, 120, 600] + [3600] * 23
    assert pauses[-1] is None


async def test_nothing_is_sent_to_an_address_that_is_denied(plant: Plant) -> None:
    with trap("127.0.0.1") as trapped:
        post = Post(plant, VAULT, EgressPolicy(own_ports=frozenset({trapped.port})))
        for host in ("127.0.0.1", "localhost", "0x7f.1"):
            await post.hook(f"http://{host}:{trapped.port}/")
        await post.fail("Shop")
        assert await post.work_after(20) == 3
        assert {each.last_error for each in await post.hooks.of_org("acme")} == {"egress_denied.own"}
        assert trapped.arrived == 0


async def test_a_redirect_leads_nowhere(post: Post) -> None:
    with trap("127.0.0.1") as trapped, receiver(307, Location=f"http://127.0.0.1:{trapped.port}/") as found:
        await post.hook(found.url)
        await post.fail("Shop")
        await post.work_after(20)
        assert (len(found.messages), trapped.arrived) == (1, 0)


async def test_two_processes_that_work_at_once_send_one_message(post: Post, database_url: str) -> None:
    database = Database(database_url)
    other = Post(Plant(database, SourceRepository(database, VAULT), post.plant.org), VAULT, clock=post.clock)
    with receiver() as found:
        await post.hook(found.url)
        for number in range(5):
            await post.fail(f"s{number}", host=f"h{number}", late_s=-1000 * number)
        post.clock.advance(20)
        await asyncio.gather(*(each.sender.work() for each in (post, other) * 4))
        assert len({message.told["id"] for message in found.messages}) == len(found.messages) == 5
    await database.close()


async def test_it_goes_on_when_the_database_was_away(post: Post) -> None:
    with receiver() as found:
        await post.hook(found.url)
        await post.fail("Shop")
        post.clock.advance(20)
        away = _Away(post.sender)
        post.sender.start()
        await _until(lambda: away.asked >= 2)
        away.back()
        await _until(lambda: bool(found.messages))
        await post.sender.close()


class _Away:
    """Stands between a sender and its outbox."""

    def __init__(self, sender: AlertSender) -> None:
        self._sender, self._outbox, self.asked = sender, sender._outbox, 0
        sender._outbox = self  # type: ignore[assignment]  # answers nothing but an error

    async def claim(self, *_given: Any) -> Any:
        self.asked += 1
        raise OSError("gone")

    def back(self) -> None:
        self._sender._outbox = self._outbox


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():  # noqa: ASYNC110 - what it waits for happens in a thread of the receiver's
            await asyncio.sleep(0.01)

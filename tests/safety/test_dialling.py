"""Addresses judged at the moment of dialling, whoever dials: real sockets against trap listeners."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.safety.dialling import DialRefused, egress_denied, guarded_dialling
from core.safety.egress import Dialling, EgressPolicy

HOST = "127.0.0.1"
ELSEWHERE = EgressPolicy(allow=("192.0.2.0/24",))


@pytest.fixture
def trap() -> Iterator[tuple[str, int]]:
    """An address where nobody may arrive; whoever does is waited for in the backlog, and found there."""
    with socket.create_server((HOST, 0)) as listener:
        listener.setblocking(False)
        yield listener.getsockname()
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.fixture
def door() -> Iterator[tuple[str, int]]:
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()


def test_outside_of_a_guard_nothing_is_judged(door: tuple[str, int]):
    with guarded_dialling(ELSEWHERE):
        pass
    socket.create_connection(door).close()


def test_a_denied_address_is_not_dialled(trap: tuple[str, int]):
    with guarded_dialling(ELSEWHERE), pytest.raises(DialRefused, match="egress denied: not_allowed"):
        socket.create_connection(trap)


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_no_way_to_connect_goes_past(trap: tuple[str, int], method: str):
    with guarded_dialling(ELSEWHERE), socket.socket() as own, pytest.raises(DialRefused):
        getattr(own, method)(trap)


def test_an_allowed_address_is_dialled(door: tuple[str, int]):
    with guarded_dialling(EgressPolicy(allow=(HOST,))):
        socket.create_connection(door).close()


def test_an_address_that_an_allowed_name_led_to_is_dialled(door: tuple[str, int]):
    with guarded_dialling(Dialling(EgressPolicy(allow=("db.example.ir",)))) as dialling:
        dialling.admit("db.example.ir", (HOST,), door[1])
        socket.create_connection(door).close()


def test_a_name_admits_no_metadata_service():
    dialling = Dialling(EgressPolicy())
    dialling.admit("db.example.ir", ("169.254.169.254",), 80)
    assert dialling.refusal(("169.254.169.254", 80)) == "metadata"


def test_a_changed_list_revokes_what_was_dialled_until_it_is_forgotten(door: tuple[str, int]):
    allow = ["db.example.ir"]
    dialling = Dialling(EgressPolicy(allow=allow))
    with guarded_dialling(dialling):
        dialling.admit("db.example.ir", (HOST,), door[1])
        socket.create_connection(door).close()
    before = dialling.is_revoked()
    allow[:] = ["192.0.2.0/24"]
    changed = dialling.is_revoked()
    dialling.forget()
    assert (before, changed, dialling.is_revoked()) == (False, True, False)


def test_a_unix_socket_is_refused(tmp_path: Path):
    path = str(tmp_path / "s.sock")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as own:
        listener.bind(path)
        listener.listen()
        with guarded_dialling(EgressPolicy()), pytest.raises(DialRefused, match="unix_socket"):
            own.connect(path)


def test_a_name_is_not_looked_up_by_the_socket():
    with guarded_dialling(EgressPolicy()), socket.socket() as own, pytest.raises(DialRefused):
        own.connect(("localhost", 1))


@pytest.mark.anyio
async def test_a_task_inherits_the_guard_of_where_it_began(trap: tuple[str, int]):
    begin = asyncio.Event()

    async def later() -> None:
        await begin.wait()
        await asyncio.open_connection(*trap)

    with guarded_dialling(ELSEWHERE):
        task = asyncio.create_task(later())
    begin.set()
    with pytest.raises(DialRefused):
        await task


@pytest.mark.anyio
async def test_guards_of_tasks_at_the_same_time_are_their_own(trap: tuple[str, int], door: tuple[str, int]):
    async def dial(policy: EgressPolicy, address: tuple[str, int]) -> None:
        with guarded_dialling(policy):
            await asyncio.sleep(0)
            _, writer = await asyncio.open_connection(*address)
        writer.close()
        await writer.wait_closed()

    results = await asyncio.gather(dial(ELSEWHERE, trap), dial(EgressPolicy(), door), return_exceptions=True)
    assert [type(result) for result in results] == [DialRefused, type(None)]


def test_another_thread_is_not_judged(door: tuple[str, int]):
    with guarded_dialling(ELSEWHERE):
        thread = threading.Thread(target=lambda: socket.create_connection(door).close())
        thread.start()
        thread.join()


def test_the_reason_is_found_in_what_a_driver_makes_of_it():
    refused = DialRefused("metadata", ("169.254.169.254", 80))
    error = egress_denied(f"db.example.ir:27017: {refused} (configured timeouts: 5 s)", "db.example.ir", 27017)
    assert str(error) == "egress_denied.metadata"
    assert egress_denied("egress denied: whatever a server says", "db.example.ir", 27017) is None
    assert egress_denied("db.example.ir:27017: [Errno 111] Connection refused", "db.example.ir", 27017) is None


def test_hanging_up_ends_what_one_client_dialled_and_no_other(door: tuple[str, int]):
    policy = Dialling(EgressPolicy())
    ours, theirs = policy.of_its_own(), policy.of_its_own()
    with guarded_dialling(ours):
        forgotten = socket.create_connection(door)
    with guarded_dialling(theirs), socket.create_connection(door) as kept:
        ours.hang_up()
        assert (forgotten.fileno(), kept.fileno() > 0) == (-1, True)

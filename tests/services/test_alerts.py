"""Hooks as their administrators keep them: what is taken, what is shown, and who may."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from core.errors import Forbidden, InvalidInput, NotFound
from core.models import Actor, Role
from core.services.alerts import NewHook
from tests.safety.trap import trap
from tests.servers.receiver import receiver
from tests.services.assembly import Product, product
from tests.services.test_sources import ADMIN, create

URL = "https://chat.ir/hooks/Zq7"


def add(made: Product, url: str = URL, **given: Any) -> NewHook:
    made.runtime.run(made.runtime.access.ensure_organisation("main", "Main"))
    return made.runtime.run(made.runtime.alerts.add(ADMIN, "main", url, **given))


def test_a_secret_is_made_and_shown_once_and_of_the_address_the_host_alone(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        first, second = add(made), add(made, f"{URL}?key=Zq8", language="en")
        assert first.secret != second.secret
        assert len(first.secret) >= 32
        assert first.secret not in repr(first)
        hooks = made.runtime.run(made.runtime.alerts.hooks(ADMIN, "main"))
        assert hooks == (first.hook, second.hook)
        assert "Zq" not in repr(hooks)
        assert [(hook.host, hook.language) for hook in hooks] == [("chat.ir", "fa"), ("chat.ir", "en")]


@pytest.mark.parametrize(
    ("field", "key", "given"),
    [
        ("url", "field.http_url", {"url": "ftp://chat.ir"}),
        ("url", "field.http_url", {"url": "chat.ir"}),
        ("url", "field.http_url", {"url": f"https://chat.ir/{'a' * 2000}"}),
        ("url", "field.url_user", {"url": "https://Zq7:Zq8@chat.ir"}),
        ("secret", "field.hook_secret", {"secret": "fifteen-letters"}),
        ("secret", "field.hook_secret", {"secret": "with a space in it"}),
        ("secret", "field.hook_secret", {"secret": "s" * 257}),
        ("secret", "field.hook_secret", {"secret": ""}),
        ("language", "field.choice", {"language": "de"}),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, field: str, key: str, given: dict[str, str]) -> None:
    with product(tmp_path) as made:
        with pytest.raises(InvalidInput) as refusal:
            add(made, **given)
        assert [(each.field, each.message.key) for each in refusal.value.fields] == [(field, key)]


def test_a_trial_says_what_came_of_it(tmp_path: Path) -> None:
    with trap("127.0.0.1") as trapped, product(tmp_path, trapped.port) as made, receiver(204, 500) as found:
        hook, denied = add(made, found.url).hook, add(made, f"http://localhost:{trapped.port}/").hook
        gone = add(made, "http://127.0.0.1:1/").hook
        tries = [
            made.runtime.run(made.runtime.alerts.test(ADMIN, "main", each.id)) for each in (hook, hook, denied, gone)
        ]
        told = [(each.ok, each.code, each.message.key) for each in tries]
        assert told == [
            (True, None, "alert.taken"),
            (False, "status_500", "alert.refused"),
            (False, "egress_denied.own", "error.egress_denied.own"),
            (False, "unreachable.refused", "error.unreachable.refused"),
        ]
        assert trapped.arrived == 0


def test_who_is_removed_is_gone(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        hook = add(made).hook
        made.runtime.run(made.runtime.alerts.remove(ADMIN, "main", hook.id))
        assert made.runtime.run(made.runtime.alerts.hooks(ADMIN, "main")) == ()
        for unknown in (hook.id, uuid4()):
            with pytest.raises(NotFound):
                made.runtime.run(made.runtime.alerts.remove(ADMIN, "main", unknown))


@pytest.mark.parametrize("verb", ["hooks", "add", "remove", "test"])
def test_only_administrators_may(tmp_path: Path, verb: str) -> None:
    with product(tmp_path) as made:
        create(made)
        alerts = made.runtime.alerts
        more = {"hooks": (), "add": (URL,)}.get(verb, (uuid4(),))
        for actor, error in ((Actor("e", {"main": Role.EDITOR}), Forbidden), (Actor("s"), NotFound)):
            with pytest.raises(error):
                made.runtime.run(getattr(alerts, verb)(actor, "main", *more))

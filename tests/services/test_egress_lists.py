"""An organisation's list of addresses: who keeps it, and that everything the organisation dials obeys it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import EgressDenied, Forbidden, InvalidInput, NotFound, PreconditionFailed
from core.models import Actor, BreakerState, CheckStatus, Role, Source, SourceDraft
from tests.safety.trap import trap
from tests.servers.receiver import Receiver, receiver
from tests.services.assembly import Product, product
from tests.services.test_holds import eventually

NEGAR = Actor("نگار", {"main": Role.ADMIN, "other": Role.ADMIN}, address="10.1.2.3")
ELSEWHERE = ("10.0.0.0/8",)
HERE = ("127.0.0.1",)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Product]:
    with product(tmp_path) as found:
        organise(found)
        yield found


@pytest.fixture
def service() -> Iterator[Receiver]:
    """Answers every request with 200."""
    with receiver(200) as found:
        yield found


def organise(made: Product) -> None:
    for slug in ("main", "other"):
        made.runtime.run(made.runtime.access.ensure_organisation(slug, slug))


def allow(made: Product, *entries: str, org: str = "main") -> tuple[str, ...]:
    return made.runtime.run(made.runtime.egress.set(NEGAR, org, entries))


def create(made: Product, url: str, org: str = "main", name: str = "api") -> Source:
    draft = SourceDraft("rest", name, {"base_url": url})
    return made.runtime.run(made.runtime.sources.create(NEGAR, org, draft))


def ping(made: Product, source: Source, org: str = "main") -> bool:
    """Whether it was let through."""
    try:
        made.runtime.run(made.runtime.sources.ping(NEGAR, org, source.id))
    except EgressDenied as err:
        if str(err) != "egress_denied.not_allowed":
            raise
        return False
    return True


# --- who keeps it, and what is kept ---


def test_a_list_is_kept_in_one_spelling_sorted_and_once(made: Product) -> None:
    kept = allow(made, "DB.test.", "۱۰.۱.۲.۳/۸", "db.test", "::ffff:10.0.0.5")
    assert kept == ("10.0.0.0/8", "10.0.0.5", "db.test")
    run, egress = made.runtime.run, made.runtime.egress
    assert (run(egress.entries(NEGAR, "main")), run(egress.entries(NEGAR, "other"))) == (kept, ())
    assert allow(made) == run(egress.entries(NEGAR, "main")) == ()


def test_every_wrong_entry_is_named_and_nothing_is_kept(made: Product) -> None:
    allow(made, "db.test")
    with pytest.raises(InvalidInput) as refusal:
        allow(made, "a.test", "http://a.test", "169.254.169.254", "b.test:5432")
    assert {each.field: each.message.key for each in refusal.value.fields} == {
        "entries[1]": "field.egress_entry",
        "entries[2]": "field.egress_always_denied",
        "entries[3]": "field.egress_entry",
    }
    with pytest.raises(InvalidInput) as refusal:
        allow(made, *(f"h{number}.test" for number in range(501)))
    assert [each.field for each in refusal.value.fields] == ["entries"]
    assert made.runtime.run(made.runtime.egress.entries(NEGAR, "main")) == ("db.test",)


def test_a_list_is_only_set_instead_of_the_one_that_was_seen(made: Product) -> None:
    run, egress = made.runtime.run, made.runtime.egress
    seen = allow(made, "b.test", "a.test")
    assert run(egress.set(NEGAR, "main", ("c.test",), instead_of=seen)) == ("c.test",)
    with pytest.raises(PreconditionFailed):
        run(egress.set(NEGAR, "main", (), instead_of=seen))
    assert run(egress.entries(NEGAR, "main")) == ("c.test",)
    assert len(run(made.runtime.audit.lines(NEGAR, "main")).items) == 2


def test_five_hundred_entries_are_taken(made: Product) -> None:
    assert len(allow(made, *(f"h{number}.test" for number in range(500)))) == 500


def test_only_administrators_see_and_set_it(made: Product) -> None:
    run, egress = made.runtime.run, made.runtime.egress
    for actor, error in (
        (Actor("e", {"main": Role.EDITOR}), Forbidden),
        (Actor("s", {"other": Role.ADMIN}), NotFound),
    ):
        for asked in (
            egress.entries(actor, "main"),
            egress.set(actor, "main", HERE),
            egress.shut_out(actor, "main", HERE),
        ):
            with pytest.raises(error):
                run(asked)
    assert run(egress.entries(NEGAR, "main")) == ()


def test_a_change_is_written_down_with_what_was_before(made: Product) -> None:
    allow(made, "b.test", "a.test")
    allow(made)
    found = made.runtime.run(made.runtime.audit.lines(NEGAR, "main")).items
    assert [(line.action, line.actor, line.address, line.before, line.after) for line in found] == [
        ("egress.update", "نگار", "10.1.2.3", {"entries": ["a.test", "b.test"]}, {"entries": []}),
        ("egress.update", "نگار", "10.1.2.3", {"entries": []}, {"entries": ["a.test", "b.test"]}),
    ]


# --- who obeys it ---


def test_the_next_request_obeys_over_a_connection_that_stands(made: Product, service: Receiver) -> None:
    source = create(made, service.url)
    verdicts = [ping(made, source)]
    assert service.connections == 1
    for entries in (ELSEWHERE, HERE, ("localhost",), ()):
        allow(made, *entries)
        verdicts.append(ping(made, source))
    assert verdicts == [True, False, True, False, True]
    assert len(service.read) == 3


def test_a_denied_call_opens_no_breaker_and_is_in_no_figure(made: Product, service: Receiver) -> None:
    source = create(made, service.url)
    allow(made, *ELSEWHERE)
    assert not any(ping(made, source) for _ in range(7))
    seen = made.runtime.run(made.runtime.sources.get(NEGAR, "main", source.id))
    assert (seen.state, seen.failures, seen.figures.calls_total) == (BreakerState.CLOSED, 0, 0)
    assert seen.figures.errors_total == 0


def test_it_holds_for_no_other_organisation(made: Product, service: Receiver) -> None:
    ours, theirs = create(made, service.url), create(made, service.url, "other")
    allow(made, *ELSEWHERE)
    assert (ping(made, ours), ping(made, theirs, "other")) == (False, True)


def test_the_rules_of_the_process_hold_whatever_a_list_says(tmp_path: Path) -> None:
    with trap("127.0.0.1") as trapped, product(tmp_path, trapped.port) as made:
        organise(made)
        source = create(made, f"http://127.0.0.1:{trapped.port}")
        allow(made, "127.0.0.0/8", "localhost")
        with pytest.raises(EgressDenied, match=r"egress_denied\.own"):
            made.runtime.run(made.runtime.sources.ping(NEGAR, "main", source.id))
        assert trapped.arrived == 0


def test_everything_that_asks_a_source_obeys(made: Product, service: Receiver) -> None:
    allow(made, *ELSEWHERE)
    run, sources, source = made.runtime.run, made.runtime.sources, create(made, service.url)
    for call in (sources.sample(NEGAR, "main", source.id, {}), sources.catalog(NEGAR, "main", source.id)):
        with pytest.raises(EgressDenied):
            run(call)
    tried = run(sources.test(NEGAR, "main", "rest", {"base_url": service.url}))
    climb = run(run(sources.diagnose(NEGAR, "main", source.id)).wait())
    for checks in (tried.checks, climb.checks):
        failed = [check.step for check in checks if check.status is CheckStatus.FAILED]
        assert failed == ["egress"]
    assert not tried.ok
    assert run(sources.test(NEGAR, "other", "rest", {"base_url": service.url})).ok
    assert service.connections == 2, "the other organisation's: one to see that it opens, one for the rungs above"


def test_so_does_a_source_that_is_changed(made: Product, service: Receiver) -> None:
    source = create(made, "http://127.0.0.1:1")
    allow(made, *ELSEWHERE)
    change = {"config": {"base_url": service.url}}
    made.runtime.run(made.runtime.sources.update(NEGAR, "main", source.id, change))
    assert not ping(made, source)
    assert service.connections == 0


def test_so_do_webhooks(made: Product, service: Receiver) -> None:
    run, alerts = made.runtime.run, made.runtime.alerts
    hook = run(alerts.add(NEGAR, "main", service.url)).hook
    theirs = run(alerts.add(NEGAR, "other", service.url)).hook
    allow(made, *ELSEWHERE)
    assert run(alerts.test(NEGAR, "main", hook.id)).code == "egress_denied.not_allowed"
    assert run(alerts.test(NEGAR, "other", theirs.id)).ok
    assert len(service.messages) == 1


def test_it_is_obeyed_after_a_restart(tmp_path: Path, service: Receiver) -> None:
    with product(tmp_path) as made:
        organise(made)
        source = create(made, service.url)
        allow(made, *ELSEWHERE)
    with product(tmp_path) as made:
        assert not ping(made, source)


def test_another_process_obeys_too(tmp_path: Path, database_url: str, service: Receiver) -> None:
    with (
        product(tmp_path, database_url=database_url) as one,
        product(tmp_path, database_url=database_url) as other,
    ):
        organise(one)
        source = create(one, service.url)
        assert ping(other, source)
        allow(one, *ELSEWHERE)
        eventually(lambda: not ping(other, source))
        allow(one, *HERE)
        eventually(lambda: ping(other, source))
        allow(other)
        assert ping(one, source)


# --- whom it would shut out ---


def test_a_list_is_tried_before_it_is_set(made: Product) -> None:
    def add(kind: str, name: str, **config: Any) -> None:
        draft = SourceDraft(kind, name, config)
        made.runtime.run(made.runtime.sources.create(NEGAR, "main", draft))

    add("rest", "by address", base_url="http://10.1.2.3:80")
    add("rest", "by name", base_url="http://db.invalid")
    add("postgres", "here", host="localhost", database="d", user="u")
    add("mongodb", "one of two", hosts=["10.1.2.3:1", "192.0.2.1:1"], database="d")
    add("mongodb", "sixth version", hosts=["[fd00::7]:1"], database="d")
    add("s3", "theirs", endpoint_url="http://192.0.2.7", bucket="bucket")
    create(made, "http://192.0.2.9", "other", "not ours")

    def out(*entries: str) -> set[str]:
        return set(made.runtime.run(made.runtime.egress.shut_out(NEGAR, "main", entries)))

    everyone = {"by address", "by name", "here", "one of two", "sixth version", "theirs"}
    assert out() == set()
    assert out("nowhere.invalid") == everyone
    assert out("10.0.0.0/8") == everyone - {"by address", "one of two"}
    assert out("127.0.0.0/8", "::1") == everyone - {"here"}
    assert out("DB.invalid", "fd00::/16") == everyone - {"by name", "sixth version"}
    assert out("192.0.2.0/24") == everyone - {"one of two", "theirs"}
    assert made.runtime.run(made.runtime.egress.entries(NEGAR, "main")) == ()
    with pytest.raises(InvalidInput):
        out("a b")

"""One Diagnosis is made of a failure, and travels unchanged to whoever asks."""

from pathlib import Path

import pytest

from core.models import Actor, Diagnosis, Role, SourceDraft
from core.services.evidence import diagnosis_from_json, diagnosis_to_json
from tests.fakes import Step
from tests.services.assembly import product

ADMIN = Actor("tester", {"main": Role.ADMIN})


@pytest.mark.parametrize("step", [Step.FAIL, Step.REACHED, Step.AUTH, Step.SAYS_NO, Step.DEFECT, Step.TIMEOUT])
def test_answer_list_detail_health_and_events_carry_the_same(tmp_path: Path, step: Step) -> None:
    with product(tmp_path) as made:
        run, sources = made.runtime.run, made.runtime.sources
        run(made.runtime.access.ensure_organisation("main", "Main"))
        source = run(sources.create(ADMIN, "main", SourceDraft("fake", "orders", {"host": "there"})))
        made.other_end.will(step)
        answered = run(sources.ping(ADMIN, "main", source.id))
        (listed,) = run(sources.list(ADMIN, "main")).items
        (summed,) = run(sources.health(ADMIN, "main")).sources
        (event, *_) = run(sources.events(ADMIN, "main", source.id))
        shown = run(sources.get(ADMIN, "main", source.id))
    assert answered.diagnosis is not None
    told = {"event": diagnosis_from_json(event.data["diagnosis"])}
    told |= {"list": listed.diagnosis, "health": summed.diagnosis, "detail": shown.diagnosis}
    assert told == dict.fromkeys(told, answered.diagnosis)
    assert (shown.message, listed.message) == (answered.message, answered.message)
    assert diagnosis_from_json(diagnosis_to_json(answered.diagnosis)) == answered.diagnosis
    with product(tmp_path) as made:
        kept: Diagnosis | None = made.runtime.run(made.runtime.sources.get(ADMIN, "main", source.id)).diagnosis
    assert kept == answered.diagnosis

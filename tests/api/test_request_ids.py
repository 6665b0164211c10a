"""One id for each request: its answer names it, and so does the log down to the connector's own lines."""

import re

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from tests.api.conftest import Org
from tests.fakes import Step


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/orgs/nobody/datasources", "/session/login"])
def test_every_answer_has_one_of_its_own(org: Org, path: str) -> None:
    ids = [org.call("GET", path, role=None).headers["X-Request-ID"] for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)
    assert ids[0] != ids[1]


def test_a_refusal_at_the_door_has_one_as_well(org: Org) -> None:
    answer = org.call("GET", "/healthz", headers={"Host": "evil.example"})
    assert (answer.status_code, len(answer.headers["X-Request-ID"])) == (400, 16)


def test_what_a_connector_does_wrong_is_logged_with_the_id_that_its_caller_was_told(org: Org) -> None:
    source = org.add("defective")
    org.other_end.will(Step.DEFECT, host=org.host("defective"))
    with capture_logs(processors=[merge_contextvars]) as said:
        answer = org.call("POST", f"{source['id']}/sample", json={"params": {}})
    assert (answer.status_code, answer.json()["code"]) == (502, "internal")
    [line] = [each for each in said if each["event"] == "connector_defect"]
    assert line["request_id"] == answer.headers["X-Request-ID"]

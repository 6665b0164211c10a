"""An organisation whose every answer is read for secrets, and the log with it."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from core.models import Role
from tests.api.conftest import Org


class Watched(Org):
    """Remembers what it was answered, headers included, and which secrets were in play."""

    def __init__(self, org: Org) -> None:
        super().__init__(org.served, org.slug, org.tokens, org.language)
        self.answers: list[str] = []
        self.secrets: set[str] = set()

    def call(self, method: str, path: str = "", role: Role | None = Role.ADMIN, **options: Any) -> requests.Response:
        answer = super().call(method, path, role, **options)
        self.answers.append(f"{answer.text} {answer.headers}")
        assert answer.status_code != 500, answer.text
        return answer


@contextmanager
def watched(org: Org, printed: pytest.CaptureFixture[str], *secrets: str) -> Iterator[Watched]:
    """At the end, fails when an answer, the log, standard output or standard error holds one of the secrets."""
    logged, kept = io.StringIO(), Watched(org)
    kept.secrets.update(secrets)
    handler = logging.StreamHandler(logged)
    logging.getLogger().addHandler(handler)
    try:
        yield kept
    finally:
        logging.getLogger().removeHandler(handler)
    assert kept.answers
    for text in (*kept.answers, logged.getvalue(), *printed.readouterr()):
        assert not any(secret in text for secret in kept.secrets)

"""What people, tokens and the command line are called on pages."""

import pytest

from core.i18n import translator
from ui.breaker import actor_name


@pytest.mark.parametrize(
    ("actor", "fa", "en"),
    [
        ("sara", "sara", "sara"),
        ("token:grafana", "توکن «grafana»", "The token “grafana”"),
        ("command line", "خط فرمان", "The command line"),
    ],
)
def test_an_actor_is_named_for_what_it_is(actor: str, fa: str, en: str) -> None:
    assert [actor_name(actor, translator(lang)) for lang in ("fa", "en")] == [fa, en]

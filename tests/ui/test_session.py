"""Who looks at a page, and from where."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.context import StreamlitHeaders

import ui.session
from core.settings import Settings


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        (None, [], "127.0.0.1"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.2", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", ["198.51.100.1, 203.0.113.9", "10.0.0.3"], "203.0.113.9"),
        (None, ["203.0.113.9"], "127.0.0.1"),
    ],
)
def test_behind_a_trusted_proxy_the_address_is_the_browsers(
    peer: str | None, forwarded: list[str], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = StreamlitHeaders([("X-Forwarded-For", line) for line in forwarded])
    monkeypatch.setattr(ui.session.st, "context", SimpleNamespace(ip_address=peer, headers=headers))
    settings = Settings(_env_file=None, trusted_proxies="10.0.0.0/8")
    monkeypatch.setattr(ui.session, "runtime", lambda: SimpleNamespace(settings=settings))
    assert ui.session.address() == found

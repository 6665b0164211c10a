"""The host that a configuration leads to: what sources of one machine have in common."""

from typing import Any

import pytest

from core.connectors import forms
from core.connectors.registry import registry
from tests.safety.trap import KINDS, config


def host(kind: str, given: dict[str, Any]) -> str:
    cls = registry.discover().kinds[kind]
    return cls.host(forms.validate_config(cls.config_model, given))


@pytest.mark.parametrize("kind", KINDS)
def test_sources_of_one_machine_have_one_host_whatever_their_port_and_login(kind: str) -> None:
    assert {
        host(kind, config(kind, name, port)) for name in ("db1.example.ir", "DB1.example.ir") for port in (1, 2)
    } == {"db1.example.ir"}


def test_members_of_a_replica_set_are_one_name_in_any_order_and_without_the_login() -> None:
    listed = {"hosts": ["b:1", "a"], "database": "app"}
    string = {"uri": "mongodb://reader:Zq7@a,b:9/app", "database": "app"}
    assert host("mongodb", listed) == host("mongodb", string) == "a, b"


def test_a_bucket_without_an_address_is_at_its_region() -> None:
    assert host("s3", {"bucket": "reports", "region": "eu-west-1"}) == "s3.eu-west-1.amazonaws.com"

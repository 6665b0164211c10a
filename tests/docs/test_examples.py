"""What the page tells a newcomer to enter is what the program takes; the demo's own test runs the samples."""

import pytest

from core.connectors import forms
from core.connectors.base import Environment
from core.connectors.registry import registry
from core.safety.egress import EgressPolicy
from tests.docs.examples import Example, examples


def test_every_kind_has_a_worked_example():
    assert list(examples()) == ["postgres", "mongodb", "rest", "graphql", "s3"]
    assert set(examples()) == set(registry.discover().kinds)


@pytest.mark.parametrize(("kind", "example"), examples().items())
def test_a_configuration_of_the_page_is_valid(kind: str, example: Example):
    model = registry.discover().kinds[kind].config_model
    assert forms.validate_config(model, example.config)


@pytest.mark.parametrize(("kind", "example"), examples().items())
def test_the_samples_of_the_page_are_admitted(kind: str, example: Example):
    assert example.samples
    for sample in example.samples:
        registry.discover().kinds[kind].check_params(sample, Environment(EgressPolicy()))

"""Every kind of source from the wizard to its end, in Chromium, in both languages, against real servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.api.kind_cases import CASES
from tests.browser.steps import LIMIT_MS
from tests.browser.visitor import Visitor, settled

WRONG = "Zq7-never-shown"
expect.set_options(timeout=LIMIT_MS)


@dataclass(frozen=True)
class Filled:
    """What a person types: inputs by field, the field of the secret, and words of a row that a sample shows."""

    kind: str
    inputs: Mapping[str, str]
    secret: str
    value: str = field(repr=False)
    bearer: bool = False


def filled(name: str, config: Mapping[str, Any]) -> Filled:
    match name:
        case "postgres":
            inputs = {key: str(config[key]) for key in ("host", "port", "database", "user")}
            return Filled(name, inputs, "password", config["password"])
        case "mongodb":
            inputs = {key: config[key] for key in ("database", "user")} | {"hosts": config["hosts"][0]}
            return Filled(name, inputs, "password", config["password"])
        case "rest":
            inputs = {"base_url": f"{config['base_url']}/bearer"}
            return Filled(name, inputs, "auth.token", config["auth"]["token"], bearer=True)
        case "graphql":
            return Filled(name, {"endpoint": config["endpoint"]}, "auth.token", config["auth"]["token"], bearer=True)
        case _:
            inputs = {key: config[key] for key in ("endpoint_url", "bucket", "prefix", "access_key_id")}
            return Filled(name, inputs, "secret_access_key", config["secret_access_key"])


@pytest.fixture
def sources(request: pytest.FixtureRequest) -> list[Filled]:
    """One of each kind, on its real server."""
    made = {name: CASES[name] for name in ("postgres", "mongodb", "rest", "graphql", "s3")}
    return [filled(name, make(request.getfixturevalue(server)).config) for name, (server, make) in made.items()]


def test_every_kind_is_added_seen_in_the_list_looked_at_edited_and_deleted(
    visitor: Visitor, sources: list[Filled]
) -> None:
    visitor.sign_in()
    for source in sources:
        visitor.to_page("nav.add")
        add(visitor, source)
        ping(visitor)
        find_in_list(visitor, f"منبع {source.kind}")
        sample(visitor)
        edit(visitor, source)
        delete(visitor, source)
        assert source.value not in visitor.page.content() + visitor.page.url


def add(visitor: Visitor, source: Filled) -> None:
    """First with a wrong secret, whose rung fails; what was typed is still there; then with the right one."""
    choose(visitor, source)
    visitor.field("add.field.name").fill(f"منبع {source.kind}")
    if source.bearer:
        visitor.choose(source.kind, "auth.type", "bearer")
    for name, value in source.inputs.items():
        visitor.setting(source.kind, name).fill(value)
    secret = visitor.setting(source.kind, source.secret)
    secret.fill(WRONG)
    visitor.button("add.continue").click()
    expect(visitor.said("add.test.failed")).to_be_visible()
    expect(visitor.page.locator(".st-key-checks").last).to_contain_text(visitor.text("check.failed"))
    expect(visitor.said("add.test.fields")).to_be_visible()
    assert WRONG not in visitor.page.content()
    visitor.button("add.test.fix").click()
    name, value = next(iter(source.inputs.items()))
    expect(visitor.setting(source.kind, name)).to_have_value(value)
    secret.fill(source.value)
    visitor.button("add.continue").click()
    expect(visitor.said("add.test.ok")).to_be_visible()
    expect(visitor.page.locator(".st-key-summary")).to_contain_text(visitor.text("add.summary.secret"))
    expect(visitor.said("add.security")).to_be_visible()
    visitor.button("add.create").click()


def choose(visitor: Visitor, source: Filled) -> None:
    name = visitor.page.get_by_text(visitor.text(f"kind.{source.kind}"), exact=True)
    visitor.button("add.kind.choose", visitor.page.locator("[class*=st-key-kind_]", has=name)).click()


def ping(visitor: Visitor) -> None:
    visitor.button("source.ping").click()
    expect(visitor.page.locator(".st-key-badges")).to_contain_text(visitor.text("status.healthy"))


def find_in_list(visitor: Visitor, name: str) -> None:
    """Healthy there too; the browser's own way back leads to its page again."""
    visitor.to_page("nav.sources")
    expect(visitor.row(name)).to_contain_text(visitor.text("status.healthy"))
    visitor.page.go_back()
    expect(visitor.heading(name)).to_be_visible()


def sample(visitor: Visitor) -> None:
    """The one that the catalogue proposes shows rows."""
    visitor.tab("source.tab.playground").click()
    visitor.button("playground.run").click()
    expect(visitor.page.get_by_test_id("stDataFrame").first).to_be_visible()


def edit(visitor: Visitor, source: Filled) -> None:
    """Another name, the secret kept: the ping goes on to work."""
    visitor.button("source.edit").click()
    dialog = visitor.page.get_by_role("dialog")
    visitor.field("add.field.name", dialog).fill(f"انبار {source.kind}")
    visitor.button("source.edit.save", dialog).click()
    expect(visitor.heading(f"انبار {source.kind}")).to_be_visible()
    settled(visitor.page)
    visitor.button("source.ping").click()
    expect(visitor.said("sources.ping.ok")).to_be_visible()


def delete(visitor: Visitor, source: Filled) -> None:
    visitor.button("source.delete").click()
    dialog = visitor.page.get_by_role("dialog")
    visitor.field("source.delete.confirm", dialog).fill(f"انبار {source.kind}")
    visitor.field("source.delete.confirm", dialog).press("Enter")
    visitor.button("source.delete.go", dialog).click()
    expect(visitor.said("sources.empty.title")).to_be_visible()

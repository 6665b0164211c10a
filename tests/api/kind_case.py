"""What a test of any kind needs to know of it: a configuration that works, ways to get it wrong, data worth a look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

WRONG = "Zq7-never-shown"
KEPT = {"set": True}

Body = dict[str, Any]
Expected = tuple[str, Any]


@dataclass(frozen=True)
class Case:
    """One configuration of one kind.

    `secret` is the dotted path of its secret and `wrong` the change that makes it a wrong one, which `rung` notices at
    `at_fault`. `elsewhere` and `cleared` are changes: to another destination, and to no secret at all. `invalid` pairs
    changes with the fields they make wrong. `columns` says type and first value of columns of `params`; `refused` is
    what the safety rule `rule` refuses because of `part`.
    """

    kind: str
    config: Body = field(repr=False)
    secret: str
    wrong: Body
    rung: str
    at_fault: str
    elsewhere: Body
    cleared: Body
    invalid: tuple[tuple[Body, list[str]], ...]
    params: Body
    columns: Mapping[str, Expected]
    refused: Body
    rule: str
    part: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret, of a connection string the password in it too, and the wrong one."""
        value = at(self.config, self.secret)
        inside = urlsplit(value).password if "://" in value else None
        return (value, *([inside] if inside else []), WRONG)


def at(config: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    value: Any = config
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def replaced(config: Mapping[str, Any], path: str, value: Any) -> Body:
    """The configuration with another value at a dotted path."""
    name, _, rest = path.partition(".")
    return {**config, name: replaced(config[name], rest, value) if rest else value}


def without(config: Mapping[str, Any], path: str) -> Body:
    """The configuration without what stands at a dotted path."""
    name, _, rest = path.partition(".")
    kept = {key: value for key, value in config.items() if key != name}
    return {**kept, name: without(config[name], rest)} if rest else kept

"""An OpenAPI document (2.0, 3.0, 3.1) read as data, as far as it says what can be asked for with GET.

Documents of real services break their own standard: what is malformed in one is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

REFERENCES_MAX = 20
NESTED_MAX = 3
NODES_MAX = 500
"""Schemas that one schema is put together from, as far as we look."""
WORD_MAX = 100
PARTS_MAX = 5

Node = Mapping[str, Any]
_NOTHING: Node = {}
_TOGETHER = ("allOf", "oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` is below the base address; `needs` says that it cannot be asked without a value that somebody knows."""

    path: str
    arguments: tuple[str, ...]
    needs: bool
    summary: str
    answer: Node

    @property
    def detail(self) -> str | None:
        """`(id*: integer, limit: integer) · What it is for`; a star stands for what is required."""
        arguments = f"({', '.join(self.arguments)})" if self.arguments else ""
        return " · ".join(filter(None, (arguments, self.summary))) or None


class Document:
    """`base` is the path of the address below which the service is asked."""

    def __init__(self, root: Node, base: str) -> None:
        self._root, self._base = root, base.rstrip("/")
        self._server = _server(root)

    def operations(self) -> Iterator[Operation]:
        for path, item in _node(self._root.get("paths")).items():
            item = self._resolved(item)
            if path.startswith("/") and isinstance(item.get("get"), Mapping):
                yield self._operation(self._below(path), item, item["get"])

    def properties(self, schema: Any) -> dict[str, Any]:
        """What an object, or each object of a list, may have; of alternatives all that any has."""
        found: dict[str, Any] = {}
        seen: set[int] = set()
        waiting = [schema]
        while waiting and len(seen) < NODES_MAX:
            node = self._resolved(waiting.pop(0))
            # Schemas hold themselves: each is looked at once.
            if id(node) in seen:
                continue
            seen.add(id(node))
            found |= {name: each for name, each in _node(node.get("properties")).items() if name not in found}
            waiting += [each for word in _TOGETHER for each in _list(node.get(word))]
            waiting += [node["items"]] if "items" in node else []
        return found

    def type_of(self, schema: Any, levels: int = NESTED_MAX) -> str:
        """`integer`, `string (date-time)`, `array<string>`, `string | null`; `any` where nothing is told."""
        node = self._resolved(schema)
        words = self._words(node, levels) or self._alternatives(node, levels)
        words += ["null"] if words and node.get("nullable") is True else []
        return " | ".join(dict.fromkeys(words))[:WORD_MAX] or ("object" if self.properties(node) else "any")

    def _words(self, node: Node, levels: int) -> list[str]:
        named, form = node.get("type"), node.get("format")
        words = [word for word in (named if isinstance(named, list) else [named]) if isinstance(word, str)]
        if "array" in words and levels:
            inner = self.type_of(node.get("items"), levels - 1)
            return [f"array<{inner}>" if word == "array" else word for word in words]
        return [f"{words[0]} ({form})"] if len(words) == 1 and isinstance(form, str) else words

    def _alternatives(self, node: Node, levels: int) -> list[str]:
        """The types of the first few schemas that this one is put together from."""
        parts = [each for word in _TOGETHER for each in _list(node.get(word))][:PARTS_MAX] if levels else []
        return [word for word in (self.type_of(each, levels - 1) for each in parts) if word != "any"]

    def _operation(self, path: str, item: Node, get: Node) -> Operation:
        given = [self._resolved(each) for each in (*_list(item.get("parameters")), *_list(get.get("parameters")))]
        named = {each["name"]: each for each in given if isinstance(each.get("name"), str)}
        arguments = tuple(self._argument(name, each) for name, each in named.items())
        needs = "{" in path or any(each.get("required") is True for each in named.values())
        return Operation(path, arguments, needs, _words(get), self._answer(get))

    def _argument(self, name: str, parameter: Node) -> str:
        star = "*" if parameter.get("required") is True else ""
        return f"{name[:WORD_MAX]}{star}: {self.type_of(parameter.get('schema', parameter))}"

    def _answer(self, get: Node) -> Node:
        """The schema of a good answer; the standard has it in `content` since version 3."""
        responses = _node(get.get("responses"))
        good = [each for status, each in responses.items() if str(status).startswith("2")]
        for response in map(self._resolved, (*good, responses.get("default"))):
            content = _node(response.get("content"))
            schemas = [_node(media).get("schema") for name, media in content.items() if "json" in name]
            for schema in (*schemas, response.get("schema")):
                if isinstance(schema, Mapping):
                    return schema
        return _NOTHING

    def _below(self, path: str) -> str:
        """Where a path is below our base: the document's own base may be ours, the end of it, or further below."""
        whole = self._server + path
        if self._base and whole.startswith(f"{self._base}/"):
            return whole.removeprefix(self._base)
        return path if self._base.endswith(self._server) else whole

    def _resolved(self, node: Any) -> Node:
        """What a chain of references within the document leads to."""
        for _ in range(REFERENCES_MAX):
            found = _node(node)
            if not isinstance(reference := found.get("$ref"), str):
                return found
            node = self._at(reference)
        return _NOTHING

    def _at(self, reference: str) -> Any:
        place: Any = self._root if reference.startswith("#/") else None
        for part in reference.removeprefix("#/").split("/"):
            place = _node(place).get(unquote(part).replace("~1", "/").replace("~0", "~"))
        return place


def document_of(found: Any, base: str) -> Document | None:
    """Nothing where it is no such document."""
    match found:
        case {"openapi": str(version), "paths": Mapping()} if version.startswith("3."):
            return Document(found, base)
        case {"swagger": str(version), "paths": Mapping()} if version.startswith("2."):
            return Document(found, base)
    return None


def _server(root: Node) -> str:
    """The path of the document's own base; nothing where it depends on variables."""
    first = _node(next(iter(_list(root.get("servers"))), None)).get("url")
    address = root.get("basePath", first)
    if not isinstance(address, str) or "{" in address:
        return ""
    try:
        path = urlsplit(address).path.strip("/")
    except ValueError:
        return ""
    return f"/{path}" if path else ""


def _words(get: Node) -> str:
    said = next((get[name] for name in ("summary", "description") if isinstance(get.get(name), str)), "")
    return next(iter(said.strip().splitlines()), "")[:WORD_MAX]


def _node(value: Any) -> Node:
    return value if isinstance(value, Mapping) else _NOTHING


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()

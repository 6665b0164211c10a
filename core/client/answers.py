"""What a dashboard answers, told from what anything else on the way might answer."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from .errors import ApiError, ClientError
from .source import Source

NDJSON = "application/x-ndjson"

Json = dict[str, Any]


def accepted(answer: requests.Response) -> requests.Response:
    """The answer of a dashboard that did what it was asked. Raises ApiError, and ClientError for a stranger's."""
    if 200 <= answer.status_code < 300:
        return answer
    with answer:
        if answer.is_redirect:
            target = urljoin(answer.url, answer.headers["location"])
            raise ClientError("redirected", url=origin(answer.url), location=origin(target))
        problem = parsed(answer)
        if not isinstance(problem.get("code"), str):
            raise _foreign(answer)
        raise ApiError(answer.status_code, problem, answer.headers.get("retry-after"))


def parsed(answer: requests.Response, *members: str) -> Json:
    """The object in the body. Raises ClientError, also where one of these members is missing: another program's, or
    another version's."""
    try:
        data = answer.json()
    except (ValueError, requests.RequestException):
        raise _foreign(answer) from None
    if not isinstance(data, dict) or not set(members) <= data.keys():
        raise _foreign(answer)
    return data


def page(answer: requests.Response) -> tuple[list[Json], str | None]:
    """The items in the body, and where the next page begins."""
    data = parsed(answer)
    if not isinstance(data.get("items"), list):
        raise _foreign(answer)
    return data["items"], data.get("next_cursor")


def source(answer: requests.Response) -> Source:
    """The source in the body, with its version."""
    found = Source(parsed(answer, "id", "name", "state"))
    found.etag = answer.headers.get("etag", "")
    return found


def lines(answer: requests.Response) -> Iterator[Json]:
    """The objects of the body, one a line, as they come. Raises ClientError, `cut_off` when the summary is missing."""
    if not answer.headers.get("content-type", "").startswith(NDJSON):
        answer.close()
        raise _foreign(answer)
    return _read(answer)


def origin(url: str) -> str:
    """Scheme and host alone: what follows may hold something that nobody should read."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _read(answer: requests.Response) -> Iterator[Json]:
    kind = None
    # In chunks each is handed over as it comes; without them single bytes are, and no more than one.
    at_a_time = None if answer.headers.get("transfer-encoding") == "chunked" else 1
    with answer:
        try:
            for line in filter(None, answer.iter_lines(at_a_time)):
                read = json.loads(line)
                kind = read["type"]
                yield read
        except (requests.RequestException, ValueError, KeyError, TypeError):
            kind = None
    if kind != "summary":
        raise ClientError("cut_off", url=origin(answer.url))


def _foreign(answer: requests.Response) -> ClientError:
    kind = answer.headers.get("content-type", "-").partition(";")[0]
    return ClientError("foreign_answer", url=origin(answer.url), status=answer.status_code, type=kind)

"""The demo's server processes, each spoken to with its own driver."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import psutil
import pyarrow.parquet
import pytest
import requests
from botocore.config import Config
from pymongo import MongoClient

from demo import mongo_program, s3_names
from demo.kept import HOST
from demo.mongo_program import Program
from demo.servers import NAMES, Servers, servers

SIMULATOR = Program("simulator")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[Servers]:
    with servers(home, SIMULATOR) as started:
        assert started.failed() == {}
        yield started


def get(running: Servers, path: str, token: str | None = None) -> requests.Response:
    token = running.kept.secret("rest_token") if token is None else token
    url = f"http://{HOST}:{running.ports['rest']}{path}"
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)


def bucket(running: Servers, **login: str) -> Any:
    keys = {
        "aws_access_key_id": running.kept.secret("s3_access_key_id"),
        "aws_secret_access_key": running.kept.secret("s3_secret_access_key"),
    }
    url = f"http://{HOST}:{running.ports['s3']}"
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    return boto3.client("s3", endpoint_url=url, region_name=s3_names.REGION, config=config, **(keys | login))


def graphql(running: Servers, token: str, query: str) -> requests.Response:
    url = f"http://{HOST}:{running.ports['graphql']}/graphql"
    return requests.post(url, json={"query": query}, headers={"Authorization": f"Bearer {token}"}, timeout=10)


def test_planes_come_in_pages(running: Servers):
    second = get(running, "/planes?page=2&per_page=3").json()
    assert [second["page"], len(second["items"]), second["total"]] == [2, 3, 3322]
    assert second["items"] == get(running, "/planes").json()["items"][3:6]
    last = get(running, "/planes?page=1108&per_page=3").json()
    assert (len(last["items"]), last["next"]) == (1, None)


def test_a_plane_is_found_by_its_tail_number(running: Servers):
    plane = get(running, "/planes/N10156").json()
    assert (plane["manufacturer"], plane["year"], plane["speed"]) == ("EMBRAER", 2004, None)
    assert get(running, "/planes/N0").status_code == 404


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=²", "per_page=1001", f"page={'9' * 5000}"])
def test_a_page_that_cannot_be_is_a_bad_request(running: Servers, query: str):
    assert get(running, f"/planes?{query}").status_code == 400


def test_rest_lets_in_only_the_token(running: Servers):
    assert get(running, "/health").json() == {"status": "ok"}
    assert [get(running, path, "wrong").status_code for path in ("/health", "/planes", "/nowhere")] == [401] * 3


def test_airlines_come_with_their_flights(running: Servers):
    answer = graphql(running, running.kept.secret("graphql_token"), "{ airlines { carrier name flights } }").json()
    airlines = answer["data"]["airlines"]
    assert airlines[0] == {"carrier": "UA", "name": "United Air Lines Inc.", "flights": 58665}
    assert sum(airline["flights"] for airline in airlines) == 336_776


def test_an_invalid_query_is_answered_with_200_and_errors(running: Servers):
    answer = graphql(running, running.kept.secret("graphql_token"), "{ nothing }")
    assert (answer.status_code, list(answer.json())) == (200, ["data", "errors"])


def test_graphql_lets_in_only_the_token(running: Servers):
    assert graphql(running, "wrong", "{ __typename }").status_code == 401


def test_the_bucket_holds_three_formats_and_a_persian_key(running: Servers, tmp_path: Path):
    client = bucket(running)
    listed = client.list_objects_v2(Bucket=s3_names.BUCKET, Prefix=s3_names.PREFIX)["Contents"]
    names = {entry["Key"].removeprefix(s3_names.PREFIX) for entry in listed}
    assert names == {"weather.csv", "weather.parquet", "weather.jsonl", "خلاصهٔ ماهانه.csv"}
    client.download_file(s3_names.BUCKET, "2013/weather.parquet", str(tmp_path / "w"))
    assert pyarrow.parquet.read_metadata(tmp_path / "w").num_rows == 26_115
    head = client.get_object(Bucket=s3_names.BUCKET, Key="2013/خلاصهٔ ماهانه.csv", Range="bytes=0-13")
    assert head["Body"].read().decode() == "فرودگاه"


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ({"aws_secret_access_key": "wrong"}, "SignatureDoesNotMatch"),
        ({"aws_access_key_id": "wrong"}, "InvalidAccessKeyId"),
    ],
)
def test_s3_checks_signatures(running: Servers, login: dict[str, str], code: str):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        bucket(running, **login).list_objects_v2(Bucket=s3_names.BUCKET)
    assert caught.value.response["Error"]["Code"] == code


def test_s3_refuses_who_signs_nothing(running: Servers):
    assert requests.get(f"http://{HOST}:{running.ports['s3']}/weather", timeout=10).status_code == 403


def test_airports_are_documents_with_a_place(running: Servers):
    password = running.kept.secret("mongodb_password")
    with MongoClient(HOST, running.ports["mongodb"], username=mongo_program.USER, password=password) as client:
        kennedy = client[mongo_program.DATABASE][mongo_program.COLLECTION].find_one({"faa": "JFK"})
    assert kennedy["location"] == {"type": "Point", "coordinates": [-73.778925, 40.639751]}


def test_secrets_stand_in_no_log_and_in_no_argument(running: Servers, home: Path):
    kept = [value for value in json.loads((home / "servers.json").read_text()).values() if isinstance(value, str)]
    lines = [word for child in psutil.Process().children() for word in child.cmdline()]
    seen = "".join([(home / f"{name}.log").read_text() for name in NAMES] + lines)
    assert len(kept) >= 6
    assert not any(secret in seen for secret in kept)


def test_secrets_are_readable_for_their_owner_alone(running: Servers, home: Path):
    assert (home / "servers.json").stat().st_mode & 0o777 == 0o600

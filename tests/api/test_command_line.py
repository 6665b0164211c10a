"""The command line on a dashboard elsewhere: by address and token, without a data directory of its own."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from core.models import Role
from tests.api.conftest import Org
from tests.client.stranger import LINES, answer, chunk, stranger
from tests.fakes import Step

SECRET = "Zq7-never-shown"

Said = tuple[int, str, str]
Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Exit status, standard output and standard error of one command in this process, which has no data."""
    monkeypatch.setenv("CHESHMEH_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def command(*arguments: str, stdin: str = "") -> Said:
        monkeypatch.setattr("sys.argv", ["core", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as end:
            main()
        assert not (tmp_path / "none").exists()
        return int(end.value.code or 0), *capsys.readouterr()

    return command


@pytest.fixture
def there(run: Run, org: Org, tmp_path: Path) -> Callable[..., Any]:
    """The one document that a command of `sources` prints about `org`, as its admin."""
    file = tmp_path / "token"
    file.write_text(f"{org.tokens[Role.ADMIN]}\n")
    place = ("--org", org.slug, "--server", org.served.url, "--token-file", str(file), "--json")

    def document(*arguments: str, code: int = 0, stdin: str = "") -> Any:
        status, out, err = run(*arguments, *place, stdin=stdin)
        assert (status, SECRET in out + err) == (code, False), err
        return json.loads(out)

    return document


def test_a_source_from_its_first_day_to_its_last(org: Org, there: Callable[..., Any]) -> None:
    config = json.dumps({"host": org.host("orders"), "password": SECRET})
    made = there("sources", "add", "--kind", "fake", "--name", "orders", "--config", "-", stdin=config)
    shown = there("sources", "show", "orders")
    assert (shown["id"], shown["version"], shown["config"]["password"]) == (made["id"], "1", {"set": True})
    edit = "sources", "edit", "orders"
    edited = there(*edit, "--description", "x", "--tag", "a", "--paused", "--interval", "300", "--if-version", "1")
    assert [edited[name] for name in ("description", "tags", "paused", "check_interval_s")] == ["x", ["a"], True, 300]
    stale = there(*edit, "--no-paused", "--if-version", "1", code=1)["error"]
    assert stale["code"] == "precondition_failed"
    assert not there(*edit, "--no-paused")["paused"]
    assert there("sources", "delete", "orders", "--yes", "--if-version", "1", code=1)["error"]["code"] == stale["code"]
    assert there("sources", "delete", "orders", "--yes") == {"deleted": "orders"}
    assert there("sources", "list") == []
    lines = [line for line in there("audit") if line["action"].startswith("source.")]
    done = [(line["action"], line["target"], line["address"]) for line in lines]
    assert {line[:2] for line in done} == {("source.delete", "orders"), ("source.update", "orders"),
                                           ("source.create", "orders")}  # fmt: skip


def test_every_call_of_a_source(org: Org, there: Callable[..., Any]) -> None:
    org.add("orders", tags=["فروش"])
    org.add("down")
    org.other_end.will(Step.FAIL, host=org.host("down"))
    assert there("sources", "ping", "orders")["ok"]
    assert {row["name"]: row["ok"] for row in there("sources", "ping", "--all", code=1)} == {
        "orders": True,
        "down": False,
    }
    assert there("sources", "sample", "orders", "--params", "{}")["columns"]
    seen = there("sources", "catalog", "orders")
    assert (seen["path"], there("sources", "catalog", "orders")) == ("", seen)
    assert there("sources", "catalog", "orders", "--fresh")["cached_at"] > seen["cached_at"]
    assert there("sources", "diagnose", "orders")["ok"]
    tried = there(
        "sources", "test", "--kind", "fake", "--config", "-", code=1, stdin=f'{{"host": "{org.host("down")}"}}'
    )
    assert not tried["ok"]
    assert sum(bucket["calls"] for bucket in there("sources", "history", "orders")["buckets"]) == 3
    listed = there("sources", "list", "--status", "healthy", "--kind", "fake", "--tag", "فروش", "--q", "ORD")
    assert [source["name"] for source in listed] == ["orders"]
    assert there("sources", "list", "--status", "well", code=2)["error"]["errors"][0]["field"] == "status"
    held = there("sources", "breaker", "orders", "--action", "force_open", "--reason", "x")
    assert held["state"] == "forced_open"
    assert there("sources", "ping", "orders", code=1)["error"]["code"] == "circuit_open"


def test_a_name_is_found_in_another_spelling_but_exactly_first(org: Org, there: Callable[..., Any]) -> None:
    made = org.add("كتاب‌هاي ١")
    assert there("sources", "show", "کتاب‌های ۱")["id"] == made["id"]
    assert there("sources", "show", made["id"])["id"] == made["id"]
    assert there("sources", "show", "کتاب", code=1)["error"]["code"] == "not_found"


def test_the_trail_as_lines_and_as_a_table(org: Org, run: Run) -> None:
    org.add("=1+1")
    org.add("orders")
    place = ("--org", org.slug, "--server", org.served.url, "--token", "-")
    token = org.tokens[Role.ADMIN]
    status, out, _ = run("audit", *place, "--limit", "1", stdin=f"{token}\n")
    assert (status, len(out.splitlines())) == (0, 1)
    assert out.rstrip().endswith("Source created\torders")
    status, out, _ = run("audit", *place, "--csv", stdin=token)
    header, newest, oldest = list(csv.reader(io.StringIO(out.removeprefix("\ufeff"))))[:3]
    assert (status, header[0], newest[header.index("target")]) == (0, "ts", "orders")
    assert oldest[header.index("target")] == "'=1+1"
    assert json.loads(oldest[header.index("after")])["kind"] == "fake"
    assert run("audit", *place, "--since", "2999-01-01T00:00:00Z", stdin=token)[:2] == (0, "")
    status, out, err = run("audit", *place, "--since", "soon", stdin=token)
    assert (status, out, "since" in err) == (2, "", True)


def test_a_token_that_may_not_is_told_so(org: Org, run: Run) -> None:
    place = ("--org", org.slug, "--server", org.served.url, "--token", "-")
    org.add("orders")
    status, out, err = run("sources", "delete", "orders", "--yes", *place, stdin=org.tokens[Role.EDITOR])
    assert (status, out) == (1, "")
    assert err.endswith("Administrator in this organisation. Ask an administrator of the organisation.\n")
    assert run("sources", "show", "orders", *place, stdin=org.tokens[Role.VIEWER])[0] == 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_script_is_not_asked_whether_it_means_it(
    org: Org, run: Run, there: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--org", org.slug, "--server", org.served.url, "--token", org.tokens[Role.ADMIN])
    for name in ("orders", "stock", "books"):
        org.add(name)
    assert run("sources", "delete", "orders", *place) == (0, "", "")
    monkeypatch.setattr("io.StringIO", Terminal)
    assert there("sources", "delete", "stock") == {"deleted": "stock"}
    status, out, err = run("sources", "delete", "books", *place, stdin="n\n")
    assert (status, out.strip(), "Delete the source" in err) == (1, "", True)
    assert [source["name"] for source in there("sources", "list")] == ["books"]


def test_what_came_before_a_server_died_is_shown(run: Run) -> None:
    row = chunk('{"type": "result", "name": "یک", "ok": true, "message": "well"}')
    with stranger(LINES + row) as other:
        place = ("sources", "ping", "--org", "acme", "--all", "--server", other.url, "--token", SECRET)
        status, out, err = run(*place)
        assert (status, out) == (1, "ok\tیک\twell\n")
        assert err == f"{other.url} stopped in the middle of its answer.\n"
        status, out, _ = run(*place, "--json")
        assert (status, json.loads(out)["error"]["code"]) == (1, "cut_off")


def test_a_wait_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = answer("429 Too Many", '{"code": "too_many_requests", "detail": "آرام‌تر"}', retry_after="7")
    with stranger(said) as other:
        place = ("sources", "list", "--org", "acme", "--server", other.url, "--token", SECRET)
        assert run(*place) == (1, "", "آرام‌تر\nTry again in 7 seconds.\n")
        error = json.loads(run(*place, "--json")[1])["error"]
        assert (error["code"], error["retry_after_s"]) == ("too_many_requests", 7)
        monkeypatch.setenv("LC_ALL", "fa_IR.UTF-8")
        assert run(*place)[2].splitlines()[1] == "۷ ثانیه دیگر دوباره تلاش کنید."
    assert other.heard[-1]["Accept-Language"] == "fa"


def test_a_page_of_a_proxy_is_one_sentence(run: Run) -> None:
    with stranger(answer("502 Bad Gateway", "<html>Zq8</html>", content_type="text/html")) as other:
        status, out, err = run("sources", "list", "--org", "acme", "--server", other.url, "--token", SECRET)
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert "HTTP 502, text/html" in err
    assert "Zq" not in err


@pytest.mark.parametrize(
    "wrong",
    [
        ("--server", "http://127.0.0.1"),
        ("--server", "http://127.0.0.1", "--token", "x", "--token-file", "y"),
        ("--server", "http://127.0.0.1", "--token-file", "/none"),
        ("--server", "http://127.0.0.1", "--token", ""),
        ("--server", "http://cheshmeh.example", "--token", "x"),
        ("--server", "cheshmeh.example", "--token", "x"),
        ("--server", "https://127.0.0.1:1", "--token", "x", "--ca-file", "/none"),
        ("--token", "x"),
        ("--insecure",),
        ("--if-version", "new"),
    ],
)
def test_a_place_that_is_none_is_wrong_usage(run: Run, wrong: tuple[str, ...]) -> None:
    status, out, err = run("sources", "delete", "--org", "acme", "orders", "--yes", *wrong)
    assert (status, out, bool(err)) == (2, "", True)


@pytest.mark.parametrize(
    "wrong",
    [
        ("sources", "add", "--org", "a", "--kind", "k", "--name", "n", "--config", "-"),
        ("sources", "test", "--org", "a", "--dsn", "-"),
        ("audit", "--installation"),
        ("audit",),
        ("audit", "--org", "a", "--csv", "--json"),
    ],
)
def test_standard_input_holds_one_thing_and_a_trail_is_of_one_place(run: Run, wrong: tuple[str, ...]) -> None:
    assert run(*wrong, "--server", "http://127.0.0.1:1", "--token", "-", stdin="x")[0] == 2

"""The log of a process of its own: one line an event, nothing forged, no secret, whoever writes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 60
SECRET = 'Zq7+"w/%5é'
FORGED = "2026-01-01T00:00:00.000000Z [info     ] forged"

PROLOGUE = f"""
import asyncio, gc, logging, sys, threading, warnings
import structlog
from core.logs import catch_uncaught, configure_logging
from core.redaction import Secrets
from core.settings import Settings

secret, forged = {SECRET!r}, "\\n" + {FORGED!r}
secrets = Secrets()
secrets.know(secret)
configure_logging(Settings(_env_file=None, log_format=sys.argv[1], log_level="debug"), secrets)
catch_uncaught()
log = structlog.get_logger()

def fail():
    raise RuntimeError(f"{{secret}}{{forged}}")
"""

WAYS = {
    "an event": "log.debug(f'{secret}{forged}', value=f'{secret}{forged}', other=[{secret: ValueError(secret)}], n=1)",
    "a name": "log.info('x', **{forged: secret})",
    "other line ends": "log.info('x', value='a\\r\\x85\\u2028\\u2029\\x0b\\x1b[2K' + forged)",
    "a named secret": "log.info('x', password='hunter', token='t')",
    "an exception of ours": "try: fail()\nexcept RuntimeError: log.error('x', exc_info=True)",
    "a library": "logging.getLogger('lib').error('%s %d%s', secret, 1, forged)",
    "an exception of a library": "try: fail()\nexcept RuntimeError: logging.getLogger('lib').exception('x')",
    "a stack": "logging.getLogger('lib').error(secret, stack_info=True)",
    "a thread": "thread = threading.Thread(target=fail); thread.start(); thread.join()",
    "a task": "async def main():\n    asyncio.ensure_future(failing()); await asyncio.sleep(0); gc.collect()\n"
    "async def failing(): fail()\nasyncio.run(main())",
    "a finalizer": "class Fails:\n    def __del__(self): fail()\nFails()",
    "a warning": "warnings.warn(secret + forged)",
    "the end of the program": "fail()",
}


def logged(script: str, form: str) -> str:
    env = {name: text for name, text in os.environ.items() if not name.startswith("CHESHMEH_")}
    command = [sys.executable, "-c", PROLOGUE + script, form]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_way_to_the_log_is_around_the_masking_and_no_value_begins_a_line(form: str) -> None:
    for name, script in WAYS.items():
        text = logged(script, form)
        assert "•••" in text or name == "other line ends", (name, text)
        assert SECRET not in text, name
        assert "hunter" not in text, name
        lines = text.splitlines()
        assert [line for line in lines if line.startswith(FORGED)] == [], name
        begun = [line for line in lines if not line.startswith("    ")]
        assert len(begun) == (1 if form == "console" else len(lines)), (name, text)
        if form == "json":
            assert {"event", "level", "timestamp"} <= json.loads(lines[0]).keys()


def test_libraries_are_heard_from_warnings_on_whatever_we_are_asked_to_tell() -> None:
    names = ("pymongo.command", "psycopg", "botocore.auth", "aiohttp.client", "sqlalchemy.engine", "procrastinate")
    script = "\n".join(f"logging.getLogger({name!r}).{level}('x')" for name in names for level in ("debug", "info"))
    assert logged(script, "console") == ""
    heard = logged(script.replace(".debug", ".warning"), "console")
    assert re.findall(r"\[(\S+)\]$", heard, re.MULTILINE) == list(names)


def test_a_handler_that_a_library_brings_later_is_given_masked_records() -> None:
    script = """
handler = logging.StreamHandler()
handler.setFormatter(logging.Formatter("%(message)s %(path)s"))
logger = logging.getLogger("late")
logger.addHandler(handler)
logger.propagate = False
class Path(logging.Formatter):
    def formatMessage(self, record):
        return f"{record.getMessage()} {record.args[0]}"
handler.setFormatter(Path())
logger.error("asked for %s", secret + forged)
try: fail()
except RuntimeError: logger.exception("x %s", "y")
"""
    text = logged(script, "json")
    assert SECRET not in text
    assert not any(line.startswith(FORGED) for line in text.splitlines())
    assert text.count("•••") >= 3

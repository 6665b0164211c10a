"""`python -m tests.cli.writing_beside DATA_DIR URL`: adds and changes sources and hooks, until a line comes.

A line a round on standard output. It reads the keys once, at its start, as a dashboard does.
"""

import asyncio
import sys
from pathlib import Path

from core.storage.sources import SourceChanges
from tests.services.keyed import Keyed


async def write(folder: Path, url: str) -> None:
    keyed, over = await Keyed.open(folder, url), asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, over.set)
    number, first = 0, await keyed.add("first")
    while not over.is_set():
        number += 1
        record = await keyed.add(f"s{number}")
        if number % 3 == 0:
            await keyed.sources.update(record, SourceChanges(config={"password": "another"}), expected_version=1)
        await keyed.add_hook()
        assert [keyed.sources.config(each) for each in (record, first)]
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
    await keyed.database.close()


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2]))

"""Everything that a sample could change at a source, as text that can be compared."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bson import json_util

from tests.servers import programs
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server

# Where pg_dump stands not: large objects by their pages, what runs, what is held, and what the server was told to do.
_BESIDE = """select
 (select string_agg(loid::text || pageno || md5(data), ',' order by loid, pageno) from pg_largeobject),
 (select string_agg(name || '=' || setting, ',' order by name) from pg_settings where source <> 'session'),
 (select string_agg(schemaname || sequencename || coalesce(last_value, 0), ',' order by 1) from pg_sequences),
 (select string_agg(slot_name, ',') from pg_replication_slots),
 (select string_agg(classid || ':' || objid, ',') from pg_locks where locktype = 'advisory'),
 (select string_agg(gid, ',') from pg_prepared_xacts),
 pg_conf_load_time(), pg_postmaster_start_time()"""
# pg_dump writes a new one each time, so that a script can be run without what psql would obey.
_ONCE = re.compile(r"^\\\\?(?:un)?restrict .*$|^-- (?:Started|Completed) on .*$", re.MULTILINE)


def of_postgres(server: PostgresServer) -> str:
    """Roles with their passwords, every database with its rows, sequences, large objects, settings and locks."""
    found = programs.find(Path())
    assert found is not None, programs.MISSING
    dumped = subprocess.run(
        [found.folder / "pg_dumpall", "-h", server.host, "-p", str(server.port), "-U", server.superuser],
        env={"PGPASSWORD": server.superuser_password, "LC_ALL": "C"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert dumped.returncode == 0, dumped.stderr
    return _ONCE.sub("", dumped.stdout) + repr(server.execute(_BESIDE))


def of_mongodb(server: MongoServer) -> str:
    """Every document of every collection, and the collections' indexes."""
    return "\n".join(_documents(server))


def _documents(server: MongoServer) -> Iterator[str]:
    with server.client() as client:
        for name in sorted(client.list_database_names()):
            for collection in sorted(client[name].list_collection_names()):
                yield f"{name}.{collection} {json.dumps(client[name][collection].index_information(), default=str)}"
                yield from sorted(map(json_util.dumps, client[name][collection].find()))


def of_s3(server: S3Server) -> str:
    """Every bucket's objects with their sizes, times and ETags."""
    client = server.client()
    buckets = [str(bucket["Name"]) for bucket in client.list_buckets()["Buckets"]]
    return json.dumps(
        {
            bucket: [
                (each["Key"], each["Size"], each["ETag"], str(each["LastModified"]))
                for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
                for each in page.get("Contents", ())
            ]
            for bucket in buckets
        }
    )

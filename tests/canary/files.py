"""What stands in files that were taken along, for the search: those of spreadsheets and Parquet are compressed."""

import io
import zipfile

import pyarrow.parquet as pq

ENDINGS = ("csv", "xlsx", "jsonl", "parquet")


def text_of(name: str, raw: bytes) -> str:
    """Everything readable in a file, what it says of itself included."""
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            return "\n".join(packed.read(each).decode("utf-8", "replace") for each in packed.namelist())
    if name.endswith(".parquet"):
        table = pq.read_table(io.BytesIO(raw))
        return f"{table.to_pydict()}{table.schema.metadata}"
    return raw.decode("utf-8", "replace")

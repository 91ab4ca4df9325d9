"""The one door to dumps of every format."""

from contextlib import AbstractContextManager
from pathlib import Path

from service.dumps.csv_reader import read_csv
from service.dumps.formats import Kind, format_of
from service.dumps.jsonl_reader import read_jsonl
from service.dumps.parquet_reader import read_parquet
from service.dumps.rows import Dump


def read_dump(path: Path) -> AbstractContextManager[Dump]:
    """Open `path` by its extension; compressed data is known by its content.

    Raises:
        SettingsError: no known extension.
        DataError: the file cannot be read as what its name says; the rows raise it too, at the point of damage.
    """
    kind = format_of(path).kind
    if kind is Kind.PARQUET:
        return read_parquet(path)
    if kind is Kind.JSONL:
        return read_jsonl(path)
    return read_csv(path, delimiter="\t" if kind is Kind.TSV else ",")

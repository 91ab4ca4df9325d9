"""What file names say."""

from pathlib import Path

import pytest

from model.errors import SettingsError
from service.dumps.formats import Compression, Format, Kind, format_of, stem_of


@pytest.mark.parametrize(
    ("name", "kind", "compression"),
    [
        ("a.csv", Kind.CSV, None),
        ("a.b.TSV.GZ", Kind.TSV, Compression.GZIP),
        ("a.ndjson.zst", Kind.JSONL, Compression.ZSTD),
        ("a.jsonl", Kind.JSONL, None),
        ("a.parquet", Kind.PARQUET, None),
    ],
)
def test_extensions_tell_format_and_compression(name: str, kind: Kind, compression: Compression | None):
    assert format_of(Path(name)) == Format(kind, compression)


@pytest.mark.parametrize(("name", "stem"), [("d/a.b.csv", "a.b"), ("a.jsonl.gz", "a"), (".x.parquet", ".x")])
def test_the_stem_lacks_these_extensions(name: str, stem: str):
    assert stem_of(Path(name)) == stem


@pytest.mark.parametrize("name", ["a.xlsx", "a.zst", "csv", "a.csv.bz2", "a"])
def test_an_unknown_extension_lists_those_that_are_known(name: str):
    with pytest.raises(SettingsError, match=r"unknown format; use one of \.csv, \.tsv, \.jsonl"):
        format_of(Path(name))


def test_compressed_parquet_is_refused():
    with pytest.raises(SettingsError, match=r"leave \.gz out of its name"):
        format_of(Path("a.parquet.gz"))

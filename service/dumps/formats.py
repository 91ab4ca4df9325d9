"""What a file name says about the file: its format, and how it is compressed."""

from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from model.errors import MissingExtraError, SettingsError


class Kind(StrEnum):
    """The formats that are read and written."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Compression(StrEnum):
    """How a text format may be packed; Parquet is compressed inside."""

    GZIP = "gz"
    ZSTD = "zst"


@dataclass(frozen=True, slots=True)
class Format:
    """Format and compression, as the extensions of a file name tell them."""

    kind: Kind
    compression: Compression | None


_KINDS = {
    ".csv": Kind.CSV,
    ".tsv": Kind.TSV,
    ".jsonl": Kind.JSONL,
    ".ndjson": Kind.JSONL,
    ".parquet": Kind.PARQUET,
}
_COMPRESSIONS = {".gz": Compression.GZIP, ".zst": Compression.ZSTD}


def format_of(path: Path) -> Format:
    """Read the format off the extensions of `path`.

    Raises:
        SettingsError: no known format, or compressed Parquet.
        MissingExtraError: Parquet, and nothing installed that reads it.
    """
    suffix, inner = path.suffix.lower(), path.with_suffix("").suffix.lower()
    compression = _COMPRESSIONS.get(suffix)
    kind = _KINDS.get(inner if compression else suffix)
    if kind is None:
        known = ", ".join(_KINDS)
        raise SettingsError(f"{path}: unknown format; use one of {known} (all but the last also with .gz or .zst)")
    if kind is Kind.PARQUET and compression:
        raise SettingsError(f"{path}: Parquet is compressed inside; unpack the file and leave {suffix} out of its name")
    if kind is Kind.PARQUET and find_spec("pyarrow") is None:
        raise MissingExtraError(feature=f"{path}: Parquet", extra="parquet")
    return Format(kind, compression)


def stem_of(path: Path) -> str:
    """Return the name of `path` without the extensions that `format_of` reads."""
    return Path(path.stem).stem if format_of(path).compression else path.stem

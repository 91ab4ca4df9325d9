"""Opens files by what they hold: a `.gz` that a download tool has unpacked already is read as it is."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from backports import zstd

from service.dumps.formats import Compression

# What a stream raises when its compressed data is cut off or altered.
DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, zstd.ZstdError)

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# Dumps packed with `zstd --long=31`, as Reddit's are, need 2 GiB to look back on.
_LARGEST_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 31}
_CHECKSUM: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}


@contextmanager
def reading(path: Path) -> Iterator[tuple[io.BufferedReader, Callable[[], int]]]:
    """Yield the unpacked bytes of `path`, and a function that says how many bytes of the file are consumed.

    Reading raises one of `DAMAGE` where the compressed data is cut off or altered.
    """
    with path.open("rb") as raw:
        magic = raw.peek(4)[:4]
        if magic.startswith(_GZIP_MAGIC):
            yield io.BufferedReader(gzip.GzipFile(fileobj=raw)), raw.tell
        elif magic == _ZSTD_MAGIC or _is_skippable_frame(magic):
            yield io.BufferedReader(zstd.ZstdFile(raw, options=_LARGEST_WINDOW)), raw.tell
        else:
            yield raw, raw.tell


@contextmanager
def writing(path: Path, compression: Compression | None) -> Iterator[IO[bytes]]:
    """Create `path` and pack what is written to the stream."""
    with path.open("wb") as raw:
        if compression is Compression.GZIP:
            # Without name and time, equal content makes equal files.
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
                yield packed  # type: ignore[misc]
        elif compression is Compression.ZSTD:
            with zstd.ZstdFile(raw, "w", options=_CHECKSUM) as packed:
                yield packed  # type: ignore[misc]
        else:
            yield raw


def _is_skippable_frame(magic: bytes) -> bool:
    """Parallel packers begin a file with such a frame: 0x184D2A5?, little-endian."""
    return magic[1:] == b"\x2a\x4d\x18" and magic[0] & 0xF0 == 0x50

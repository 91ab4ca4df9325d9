"""Opens files by what they hold: a `.gz` that a download tool has unpacked already is read as it is."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import zstandard

from service.dumps.formats import Compression

# What a stream raises when its compressed data is cut off or altered.
DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# Dumps packed with `zstd --long=31`, as Reddit's are, need this much to look back on.
_MAX_WINDOW = 2**31
# One compressed byte may stand for 32 KiB, so this bounds what is unpacked at once to 32 MiB.
_ZSTD_CHUNK = 1024


class _ZstdStream(io.RawIOBase):
    """Unpacks zstd frames one after another; unlike zstandard's own reader it notices a frame that is cut off."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._packed = b""
        self._unpacked = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._unpacked:
            packed = self._packed or self._raw.read(_ZSTD_CHUNK)
            if not packed:
                if self._frame:
                    raise EOFError("the last zstd frame is cut off")
                return 0
            self._unpack(packed)
        count = min(len(buffer), len(self._unpacked))
        buffer[:count] = self._unpacked[:count]
        self._unpacked = self._unpacked[count:]
        return count

    def _unpack(self, packed: bytes) -> None:
        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
        self._unpacked = memoryview(self._frame.decompress(packed))
        self._packed = b""
        if self._frame.eof:
            self._packed = self._frame.unused_data
            self._frame = None


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
            yield io.BufferedReader(_ZstdStream(raw)), raw.tell
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
            with zstandard.ZstdCompressor(write_checksum=True).stream_writer(raw, closefd=False) as packed:
                yield packed
        else:
            yield raw


def _is_skippable_frame(magic: bytes) -> bool:
    """Parallel packers begin a file with such a frame: 0x184D2A5?, little-endian."""
    return magic[1:] == b"\x2a\x4d\x18" and magic[0] & 0xF0 == 0x50

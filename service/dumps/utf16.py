"""UTF-16 as UTF-8 bytes, so that everything behind it knows one encoding only."""

import codecs
import io

_CHUNK = 65_536


class Utf16AsUtf8(io.RawIOBase):
    """Recodes a stream that begins with a UTF-16 byte-order mark.

    A lone surrogate or a cut-off last character becomes bytes that are not UTF-8, so that the line that
    holds it is found by the same check as a broken line in a UTF-8 file.
    """

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")
        self._recoded = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._recoded and not self._ended:
            self._recoded = memoryview(self._recode(self._stream.read(_CHUNK)))
        count = min(len(buffer), len(self._recoded))
        buffer[:count] = self._recoded[:count]
        self._recoded = self._recoded[count:]
        return count

    def _recode(self, data: bytes) -> bytes:
        if data:
            return self._decoder.decode(data).encode("utf-8", "surrogatepass")
        self._ended = True
        pending, _ = self._decoder.getstate()
        return b"\xff" if pending else b""

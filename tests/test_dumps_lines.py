"""Physical lines: decompression, encodings, and a memory that no line can fill."""

import gzip
import itertools
import os
import tracemalloc
from pathlib import Path

import pytest
from backports.zstd import CompressionParameter, compress

from model.errors import DataError
from service.dumps.compression import writing
from service.dumps.formats import Compression
from service.dumps.lines import MAX_LINE_BYTES, Line, open_lines


def lines_of(path: Path) -> list[Line]:
    with open_lines(path) as (lines, _):
        return list(lines)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def zstd(data: bytes, **options: int) -> bytes:
    parameters = {CompressionParameter[name]: value for name, value in options.items()}
    return compress(data, options=parameters or None)


TWO = [Line(1, "one\n"), Line(2, "two\n")]
SKIPPABLE_FRAME = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"abcd"


@pytest.mark.parametrize(
    "data",
    [
        b"one\ntwo\n",
        gzip.compress(b"one\ntwo\n"),
        gzip.compress(b"one\nt") + gzip.compress(b"wo\n"),
        zstd(b"one\ntwo\n"),
        zstd(b"one\nt") + SKIPPABLE_FRAME + zstd(b"wo\n"),
        SKIPPABLE_FRAME + zstd(b"one\ntwo\n"),
        zstd(b"one\ntwo\n", window_log=30, enable_long_distance_matching=1),
    ],
    ids=["plain", "gzip", "gzip members", "zstd", "zstd frames", "zstd skippable", "zstd long window"],
)
def test_content_and_not_the_name_tells_the_compression(tmp_path: Path, data: bytes):
    assert lines_of(written(tmp_path / "a.csv.gz", data)) == TWO


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_byte_order_marks_are_understood(tmp_path: Path, encoding: str):
    path = written(tmp_path / "a.csv", "one\n“zwei” \U0001f600\r\n".encode(encoding))
    assert lines_of(path) == [Line(1, "one\n"), Line(2, "“zwei” \U0001f600\r\n")]


def test_big_endian_utf_16_longer_than_a_buffer(tmp_path: Path):
    text = "ü\U0001f600" * 100_000
    path = written(tmp_path / "a.csv", b"\xfe\xff" + f"{text}\nend".encode("utf-16-be"))
    assert lines_of(path) == [Line(1, f"{text}\n"), Line(2, "end")]


@pytest.mark.parametrize(
    ("data", "text"), [(b"\xfe\xff\xd8\x00\x00\n\x00b", "\ufffd\ufffd\ufffd\n"), (b"\xff\xfea\x00\n", "a\ufffd")]
)
def test_broken_utf_16_marks_its_line(tmp_path: Path, data: bytes, text: str):
    assert lines_of(written(tmp_path / "a.csv", data))[0] == Line(1, text, valid=False)


def test_bytes_that_are_not_utf_8_are_replaced_and_marked(tmp_path: Path):
    path = written(tmp_path / "a.csv", b"good\nb\xffd\nnul \0\n")
    assert lines_of(path) == [Line(1, "good\n"), Line(2, "b\ufffdd\n", valid=False), Line(3, "nul \0\n")]


def test_an_empty_file_has_no_lines(tmp_path: Path):
    assert lines_of(written(tmp_path / "a.csv.gz", b"")) == []


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_cut_off_data_is_an_error_after_the_lines_before(tmp_path: Path, pack):
    noise = b"".join(b"%s\n" % os.urandom(40).hex().encode() for _ in range(5_000))
    data = pack(noise)
    path = written(tmp_path / "a.csv.gz", data[: len(data) // 2])
    with open_lines(path) as (lines, _):
        assert len(list(itertools.islice(lines, 100))) == 100
        with pytest.raises(DataError, match=r"a\.csv\.gz: .* cut off after line \d+ .*fetch the file again"):
            list(lines)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_missing_last_byte_is_an_error(tmp_path: Path, pack):
    with pytest.raises(DataError, match="cut off"):
        lines_of(written(tmp_path / "a.csv.gz", pack(b"one\ntwo\n")[:-1]))


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_altered_data_is_an_error(tmp_path: Path, pack):
    data = bytearray(pack(os.urandom(10_000)))
    data[-3] ^= 0xFF
    data += b"garbage"
    with pytest.raises(DataError, match="damaged"):
        lines_of(written(tmp_path / "a.csv.gz", bytes(data)))


@pytest.mark.parametrize(("excess", "text"), [(0, None), (-1, "held")])
def test_a_line_up_to_the_limit_is_held_and_a_longer_one_is_not(tmp_path: Path, excess: int, text: str | None):
    path = written(tmp_path / "a.csv", b"x" * (MAX_LINE_BYTES + 1 + excess) + b"\nnext\n")
    first, second = lines_of(path)
    assert (first.text is None) == (text is None)
    assert second == Line(2, "next\n")


@pytest.mark.parametrize("pack", Compression)
def test_a_huge_line_is_never_held_in_memory(tmp_path: Path, pack: Compression):
    """120 MB in one line, packed to next to nothing: one line too long, and the reader goes on after it."""
    path = tmp_path / "a.jsonl.gz"
    with writing(path, pack) as stream:
        stream.write(b"first\n")
        for _ in range(120):
            stream.write(b"x" * 2**20)
        stream.write(b"\nlast\n")
    tracemalloc.start()
    try:
        found = lines_of(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == [Line(1, "first\n"), Line(2, None), Line(3, "last\n")]
    assert peak < 6 * MAX_LINE_BYTES < 120 * 2**20


def test_the_position_counts_packed_bytes(tmp_path: Path):
    path = written(tmp_path / "a.csv.gz", gzip.compress(b"line\n" * 1000))
    with open_lines(path) as (lines, position):
        list(lines)
        assert position() == path.stat().st_size

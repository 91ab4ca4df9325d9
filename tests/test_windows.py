"""Windows are bounded."""

from pathlib import Path

from service.dumps.fields import Fields
from service.windows import windows


def test_windows_are_bounded_in_rows_and_in_characters(tmp_path: Path):
    from service.dumps.rows import Row

    long = (Row(n, {"text": "x" * 90_000}) for n in range(100))
    short = (Row(n, {"text": "x"}) for n in range(5000))
    fields = Fields(text="text")
    assert [len(w.items) for w in windows(long, fields=fields, max_chars=100_000, path=tmp_path)] == [45, 45, 10]
    assert [len(w.items) for w in windows(short, fields=fields, max_chars=100_000, path=tmp_path)] == [2048, 2048, 904]

"""Files appear whole or not at all."""

from pathlib import Path

import pytest

from service.dumps.atomic import replacing


def test_the_file_is_there_only_at_the_end(tmp_path: Path):
    path = tmp_path / "o"
    path.write_text("old")
    with replacing(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_everything_as_it_was(tmp_path: Path):
    (tmp_path / "o").write_text("old")

    def fail(partial: Path) -> None:
        partial.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "o") as partial:
        fail(partial)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("o", "old")]

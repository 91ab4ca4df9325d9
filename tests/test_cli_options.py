"""Options and the front door of our own scripts."""

import click
import pytest

from model.errors import DataError
from training.cli_options import run_script


@pytest.mark.parametrize("error", [DataError("a.csv: row 7: no text"), FileNotFoundError(2, "No such file", "a.csv")])
def test_a_script_ends_with_one_line_of_error(error: Exception, monkeypatch: pytest.MonkeyPatch):
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr("sys.argv", ["failing"])
    with pytest.raises(SystemExit) as stopped:
        run_script(failing)
    assert stopped.value.code == f"Error: {error}"

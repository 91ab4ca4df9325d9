"""The front door."""

import json
import os
import subprocess
import sys

import pytest

from service.cli import main

HELP = """\
Usage: stance [OPTIONS] COMMAND [ARGS]...

  Label texts as skeptical, supportive or neutral toward normal relations with
  Russia.

  Example:
      stance classify "Talking to Moscow beats another cold war."

Options:
  --version   Print the version.
  -h, --help  Show this message and exit.

Commands:
  serve     Run the REST service.
  classify  Label a few texts, here and now.
  score     Batch-score dumps of comments.
  train     Fine-tune a model from a base encoder.
  retrain   Put new labels on top of the current model.
  evaluate  Measure a model on labelled data.
  doctor    Check installation, model, threads and speed.
  keys      Make, list and revoke API keys.
  models    List, show, promote, roll back and verify versions.
"""
COMMANDS = ["serve", "classify", "score", "train", "retrain", "evaluate", "keys", "models"]
LOADED = """
import json, sys
from service.cli import main
try:
    main(["--help"])
finally:
    print(json.dumps(list(sys.modules)), file=sys.stderr)
"""


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_help_is_exactly_this_and_loads_nothing_that_takes_time() -> None:
    environment = {**os.environ, "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (0, HELP)
    loaded = {name.split(".")[0] for name in json.loads(done.stderr)}
    slow = {"torch", "transformers", "numpy", "tokenizers", "pyarrow", "fastapi", "pydantic", "py3langid", "training"}
    assert loaded & slow == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "--help") == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"Usage: stance {command} ")
    assert f"Example:\n      stance {command}" in shown.out
    assert shown.err == ""


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("stance ")


@pytest.mark.parametrize("arguments", [[], ["fly"], ["--fly"], ["models", "fly"], ["models", "list", "--fly"]])
def test_bad_usage_exits_with_2_in_one_line_on_stderr(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "stance" in shown.err
    assert not arguments or shown.err.count("\n") == 1


def test_a_setting_that_makes_no_sense_exits_with_2_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STANCE_PORT", "ninety")
    assert run("models", "list") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("stance: STANCE_PORT: ")
    assert shown.err.count("\n") == 1

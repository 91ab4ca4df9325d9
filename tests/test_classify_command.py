"""`stance classify`: exact output and exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from model.classifier import StanceClassifier
from model.records import TextInput
from service.cli import main, stance

TEXT = "talk to moscow and lift the sanctions"


def run(*arguments: str, model: Path, stdin: bytes | None = None) -> str:
    command = ["classify", *arguments, "--model", str(model), "--engine", "torch-float32"]
    result = CliRunner().invoke(stance, command, input=stdin, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["classify", *arguments])
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


def test_a_table_has_a_row_for_each_text(tiny_model: Path, classifier: StanceClassifier):
    """A flag where the model should not be trusted, and one line of a long text, without control characters."""
    long = "never trust russia\n\x1b[31m " * 5
    one, two, three = classifier.classify([TEXT, "12345", long])
    assert two.abstained
    lines = run(TEXT, "12345", long, "", model=tiny_model).splitlines()
    assert [line.split() for line in lines] == [
        ["label", "confidence", "text"],
        [*lines[1].split()],
        [one.label, f"{one.confidence:.2f}", *(["unsure"] if one.abstained else []), *TEXT.split()],
        [two.label, f"{two.confidence:.2f}", "unsure", "12345"],
        [
            three.label,
            f"{three.confidence:.2f}",
            *(["unsure"] if three.abstained else []),
            *["never", "trust", "russia", "[31m", "never", "trust", "russia", "[31m", "never", "trust…"],
        ],
        ["-", "error", *["nothing", "but", "white", "space;", "leave", "the", "text", "out", "or", "fill", "it", "in"]],
    ]


def test_json_is_what_python_gives(tiny_model: Path, classifier: StanceClassifier):
    texts = [f"{TEXT}. Again.\n\nNo deal.", "trade"]
    inputs = [TextInput(text, context="never trust putin") for text in texts]
    expected = [prediction.to_dict() for prediction in classifier.classify(inputs, split="paragraphs")]
    output = run(*texts, "--json", "--split", "--context", "never trust putin", model=tiny_model)
    assert [json.loads(line) for line in output.splitlines()] == expected


def test_paragraphs_stand_below_their_text(tiny_model: Path):
    lines = run("lift the sanctions\n\nno deal", "--split", model=tiny_model).splitlines()
    assert [line.split(maxsplit=2)[-1] for line in lines[2:]] == [
        "lift the sanctions no deal",
        "lift the sanctions",
        "no deal",
    ]
    assert [line.startswith("  ") for line in lines[2:]] == [False, True, True]


def test_standard_input_has_a_text_a_line(tiny_model: Path, classifier: StanceClassifier):
    """Blank lines are none, and a line that cannot be read costs no other its label."""
    output = run("--json", model=tiny_model, stdin=b"\xef\xbb\xbftrade again\r\n\n  \n\xff\nlift it\xe2\x80\xa8all")
    one, two, three = map(json.loads, output.splitlines())
    assert [one, three] == [found.to_dict() for found in classifier.classify(["trade again", "lift it\u2028all"])]
    assert two["index"] == 1
    assert two["error"]["type"] == "invalid-text"


def test_a_text_too_long_is_an_error_of_that_text(tiny_model: Path):
    output = run("12345", "trade now", "--json", "--max-text-chars", "5", model=tiny_model)
    one, two = map(json.loads, output.splitlines())
    assert one["label"]
    assert two["error"]["title"] == "The text is over the length limit"


def test_nothing_to_classify_is_bad_usage(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert exit_code() == 2
    assert capsys.readouterr().err == "stance: no text; give texts as arguments, or pipe them in, one a line\n"


def test_a_run_without_any_label_failed(tiny_model: Path, capsys: pytest.CaptureFixture[str]):
    assert exit_code("", "--model", str(tiny_model)) == 1
    assert capsys.readouterr().err == "stance: none of the texts can be labelled\n"


def test_an_unknown_engine_is_bad_usage(tiny_model: Path, capsys: pytest.CaptureFixture[str]):
    assert exit_code("x", "--model", str(tiny_model), "--engine", "no") == 2
    assert capsys.readouterr().err.startswith("stance: there is no engine 'no'; choose one of: auto,")


def test_help_has_an_example_and_loads_no_engine():
    code = "import sys; from service.cli import stance; stance(['classify', '--help'], standalone_mode=False); "
    check = "print(sorted({'torch', 'pyarrow', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + check], capture_output=True, text=True, check=True)
    assert "Example:\n      stance classify" in done.stdout
    assert done.stdout.endswith("[]\n")

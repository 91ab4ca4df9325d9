"""`stance score`: exact output and exit codes, and a process that is killed at every turn."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from dump_support import TEXTS, read_dump, run_score, score_files, write_dump

from model.classifier import StanceClassifier
from service.cli import main
from service.windows import WINDOW_ROWS

# Runs the same command once for each way to die, and prints which signal ended each process. It forks, so that the
# engine's library is imported only once. Where Python does not ignore SIGXFSZ, the kernel ends a process at the very
# byte that reaches the limit on the size of its files.
KILLER = """
import json, os, resource, signal, sys
import transformers.models.auto.modeling_auto, torch
from service.cli import main
import service.commands.score

def limit(size):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)

def run(event, name, size):
    def hook(seen, arguments):
        if seen == event and str(arguments[0]).endswith(name):
            limit(size) if size else os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    main(sys.argv[2:])

for way in json.loads(sys.argv[1]):
    child = os.fork()
    if not child:
        run(*way)
    print("killed by", os.WTERMSIG(os.waitpid(child, 0)[1]), sorted(os.listdir(".")), flush=True)
"""


def exit_code(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["score", *map(str, arguments)])
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


def rows_of(count: int) -> list[dict[str, object]]:
    """One text in 64, so that many rows need little of the engine."""
    return [{"n": n, "text": "" if n % 64 else f"{TEXTS[n % 3]} {n}"} for n in range(count)]


def test_the_last_line_is_a_summary(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write_dump(Path("a.csv"), rows_of(9))
    result = run_score("a.csv", model=tiny_model)
    assert result.exit_code == 0
    counts = [row["stance_label"] for row in read_dump(Path("a.stance.jsonl"))]
    labels = ", ".join(f"{counts.count(label)} {label}" for label in ("skeptical", "supportive", "neutral"))
    abstained = sum(bool(row["stance_abstained"]) for row in read_dump(Path("a.stance.jsonl")))
    figures = rf"a\.stance\.jsonl: 9 rows: {labels}; {abstained} abstained; 8 rejected"
    where = r"\(see a\.stance\.jsonl\.rejects\.jsonl\)"
    assert re.fullmatch(rf"{figures} {where}; \d+\.\d s, [\d,]+ rows/s\n", result.stdout)
    assert result.stderr == ""
    assert sorted(map(str, Path().iterdir())) == ["a.csv", "a.stance.jsonl", "a.stance.jsonl.rejects.jsonl"]


def test_several_inputs_have_an_output_each_or_one_together(tmp_path: Path, tiny_model: Path):
    inputs = [write_dump(tmp_path / name, rows_of(5)) for name in ("a.csv", "b.jsonl.gz")]
    assert len(run_score(*inputs, model=tiny_model).stdout.splitlines()) == 2
    assert len(run_score(*inputs, "-o", tmp_path / "o.tsv.zst", model=tiny_model).stdout.splitlines()) == 1
    assert [int(row["n"]) for row in read_dump(tmp_path / "o.tsv.zst")] == [*range(5), *range(5)]
    assert [len(read_dump(tmp_path / f"{name}.stance.jsonl")) for name in ("a", "b")] == [5, 5]
    assert not [*tmp_path.glob("*.journal"), *tmp_path.glob("*.lock"), *tmp_path.glob("*.partial")]


def test_with_an_output_each_an_interrupted_run_goes_on_too(
    tmp_path: Path, tiny_model: Path, classifier: StanceClassifier
):
    """The journal of a finished output stays until all are finished, so that a restart knows it for its own."""
    inputs = [write_dump(tmp_path / name, rows_of(5)) for name in ("a.csv", "b.csv")]
    score_files(inputs[0], output=tmp_path / "a.stance.jsonl", classifier=classifier)
    first, second = run_score(*inputs, model=tiny_model).stdout.splitlines()
    assert "a.stance.jsonl: 5 rows, 5 of them before: " in first
    assert "b.stance.jsonl: 5 rows: " in second
    assert not [*tmp_path.glob("*.journal")]


def test_options_reach_the_scores(tmp_path: Path, tiny_model: Path):
    rows = [{"nr": "7", "words": "=trade", "title": "peace"}, {"nr": "8", "words": "x" * 20, "title": ""}]
    path = write_dump(tmp_path / "a.csv", rows)
    named = ["--text-field", "words", "--context-field", "title", "--id-field", "nr"]
    result = run_score(path, "-o", tmp_path / "o.csv", *named, "--max-text-chars", 9, "--raw-cells", model=tiny_model)
    assert result.exit_code == 0
    assert read_dump(tmp_path / "o.csv")[0]["words"] == "=trade"
    [reject] = read_dump(tmp_path / "o.csv.rejects.jsonl")
    assert (reject["id"], reject["line"]) == ("8", 3)


def test_an_output_is_replaced_only_on_demand(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    write_dump(Path("a.csv"), rows_of(3))
    Path("o.csv").write_text("mine")
    assert exit_code("a.csv", "-o", "o.csv", "--model", tiny_model) == 2
    message = "stance: o.csv: exists already; name another with -o, or replace it with --overwrite\n"
    assert capsys.readouterr() == ("", message)
    assert Path("o.csv").read_text() == "mine"
    assert run_score("a.csv", "-o", "o.csv", "--overwrite", model=tiny_model).exit_code == 0
    assert len(read_dump(Path("o.csv"))) == 3


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"", 1, "stance: a.csv: empty; the first line must name the columns\n"),
        (
            b"id,words\n1,x\n",
            2,
            "stance: a.csv: which column holds the text? Name it with --text-field; there are: id, words\n",
        ),
        (
            b"\x1f\x8b\x08\x00",
            1,
            "stance: a.csv: the compressed data is damaged or cut off after line 0 (Compressed file ended before the "
            "end-of-stream marker was reached); fetch the file again, or unpack what is left of it with gzip -dc or "
            "zstd -dc and score that\n",
        ),
        (
            b"text,stance_label\n",
            1,
            "stance: a.csv: scored already, has stance_label; score the original, or rename these columns\n",
        ),
    ],
)
def test_a_file_that_cannot_be_scored_fails_before_the_model_is_loaded(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    code: int,
    message: str,
):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_bytes(content)
    assert exit_code("a.csv", "--model", "99") == code
    assert capsys.readouterr() == ("", message)
    assert list(Path().iterdir()) == [Path("a.csv")]


def test_a_missing_input_and_an_unknown_format_are_bad_usage(tmp_path: Path):
    assert exit_code(tmp_path / "a.csv") == 2
    assert exit_code() == 2
    assert exit_code(write_dump(tmp_path / "a.csv", rows_of(1)), "-o", tmp_path / "o.doc") == 2


def test_help_has_an_example_and_loads_nothing_heavy():
    code = "import sys; from service.cli import stance; stance(['score', '--help'], standalone_mode=False); "
    check = "print(sorted({'torch', 'pyarrow', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + check], capture_output=True, text=True, check=True)
    assert "Example:\n      stance score comments.csv.gz" in done.stdout
    assert done.stdout.endswith("[]\n")


@pytest.mark.slow
def test_killed_at_every_turn_each_row_comes_out_once(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    """In the middle of a write to the journal, at either rename, and before the journal goes; then left in peace."""
    monkeypatch.chdir(tmp_path)
    count = 2 * WINDOW_ROWS + 100
    write_dump(Path("a.jsonl.gz"), rows_of(count))
    arguments = ["score", "a.jsonl.gz", "--model", str(tiny_model), "--engine", "torch-float32", "--threads", "1"]
    ways = [
        ("open", "o.csv.journal", 250_000),
        ("os.rename", "o.csv.rejects.jsonl.partial", None),
        ("os.rename", "o.csv.partial", None),
        ("os.remove", "o.csv.journal", None),
    ]
    command = [sys.executable, "-c", KILLER, json.dumps(ways), *arguments, "-o", "o.csv"]
    killed = subprocess.run(command, capture_output=True, text=True, check=True)
    torn, *others = [line for line in killed.stdout.splitlines() if line.startswith("killed")]
    journal, rejects = ["o.csv.journal", "o.csv.lock"], "o.csv.rejects.jsonl"
    assert torn == f"killed by {int(signal.SIGXFSZ)} {['a.jsonl.gz', *journal]}"
    assert others == [
        f"killed by {int(signal.SIGKILL)} {['a.jsonl.gz', *files]}"
        for files in (
            [*journal, "o.csv.partial", f"{rejects}.partial"],
            [*journal, "o.csv.partial", rejects],
            ["o.csv", *journal, rejects],
        )
    ]
    result = run_score("a.jsonl.gz", "-o", "o.csv", "--threads", "1", model=tiny_model)
    assert f"{count:,} rows, {count:,} of them before: " in result.stdout
    assert [int(row["n"]) for row in read_dump(Path("o.csv"))] == list(range(count))
    run_score("a.jsonl.gz", "-o", "whole.csv", "--threads", "1", model=tiny_model)
    assert Path("o.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert len(read_dump(Path("o.csv.rejects.jsonl"))) == count - len(range(0, count, 64))
    assert sorted(map(str, Path().glob("o.*"))) == ["o.csv", "o.csv.rejects.jsonl"]

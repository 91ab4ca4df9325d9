"""Which columns are read, and which are written."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dump_support import STANCE, TEXTS, read_dump, score_files, write_dump

from model.classifier import StanceClassifier
from model.errors import DataError, SettingsError
from service.dumps.fields import Fields


def test_fields_can_be_named_and_usual_names_are_found(tmp_path: Path, classifier: StanceClassifier):
    rows = [{"Body": "trade", "title": "No deal with Putin will hold."}]
    path = write_dump(tmp_path / "a.csv", rows)
    score_files(path, output=tmp_path / "1.jsonl", classifier=classifier)
    score_files(path, output=tmp_path / "2.jsonl", classifier=classifier, fields=Fields(text="title"))
    [one], [two] = read_dump(tmp_path / "1.jsonl"), read_dump(tmp_path / "2.jsonl")
    assert one["stance_skeptical"] == classifier.classify(["trade"])[0].scores["skeptical"]
    assert two["stance_skeptical"] == classifier.classify([rows[0]["title"]])[0].scores["skeptical"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (Fields(), r"a\.csv: which column holds the text\? Name it with --text-field; there are: nr, words"),
        (Fields(text="no"), r"a\.csv: no column 'no' for --text-field; there are: nr, words"),
        (Fields(text="words", id="no"), "no column 'no' for --id-field"),
        (Fields(text="words", context="no"), "no column 'no' for --context-field"),
    ],
)
def test_a_missing_field_lists_those_there_are(
    tmp_path: Path, classifier: StanceClassifier, fields: Fields, message: str
):
    path = write_dump(tmp_path / "a.csv", [{"nr": 1, "words": "x"}])
    with pytest.raises(SettingsError, match=message):
        score_files(path, output=tmp_path / "o.csv", classifier=classifier, fields=fields)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.csv"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_scored_file_is_not_scored_again(tmp_path: Path, classifier: StanceClassifier, name: str):
    path = write_dump(tmp_path / name, [{"text": "x", "stance_label": "neutral"}])
    with pytest.raises(DataError, match="scored already, has stance_label; score the original, or rename"):
        score_files(path, output=tmp_path / "o.csv", classifier=classifier)


def test_stance_columns_far_behind_are_found_too(tmp_path: Path, classifier: StanceClassifier):
    path = write_dump(tmp_path / "a.jsonl", [{"text": "x"}] * 1500 + [{"text": "x", "stance_error": None}])
    with pytest.raises(DataError, match=r"a\.jsonl:1501: scored already, has stance_error"):
        score_files(path, output=tmp_path / "o.csv", classifier=classifier)


def test_several_inputs_become_one_output_with_all_columns(tmp_path: Path, classifier: StanceClassifier):
    one = write_dump(tmp_path / "a.csv", [{"id": "1", "text": "trade"}])
    two = write_dump(tmp_path / "b.jsonl.gz", [{"body": "peace", "n": 1}, {"body": "war", "tags": ["x"]}])
    three = write_dump(tmp_path / "c.parquet", [{"text": "trade", "n": 0.5}])
    for name in ("o.csv", "o.parquet", "o.jsonl"):
        score_files(one, two, three, output=tmp_path / name, classifier=classifier)
    rows = read_dump(tmp_path / "o.csv")
    assert list(rows[0]) == ["id", "text", "body", "n", "tags", *STANCE]
    assert [(row["text"], row["body"], row["n"], row["tags"]) for row in rows] == [
        ("trade", "", "", ""),
        ("", "peace", "1", ""),
        ("", "war", "", '["x"]'),
        ("trade", "", "0.5", ""),
    ]
    assert pq.read_table(tmp_path / "o.parquet")["n"].to_pylist() == [None, 1.0, None, 0.5]
    assert [row.get("tags") for row in read_dump(tmp_path / "o.jsonl")] == [None, None, ["x"], None]


def test_parquet_keeps_its_types(tmp_path: Path, classifier: StanceClassifier):
    """Time zones, decimals, lists, dictionaries and metadata go from Parquet to Parquet as they are."""
    table = pa.table(
        {
            "text": pa.array(TEXTS).dictionary_encode(),
            "at": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * 3, pa.timestamp("ns", "Europe/Paris")),
            "tags": pa.array([["a"], None, []], pa.list_(pa.string())),
            "blob": [b"\xff", None, b""],
        }
    ).replace_schema_metadata({"who": "me"})
    pq.write_table(table, tmp_path / "a.parquet")
    score_files(tmp_path / "a.parquet", output=tmp_path / "o.parquet", classifier=classifier)
    scored = pq.read_table(tmp_path / "o.parquet")
    assert scored.select(table.schema.names).equals(pq.read_table(tmp_path / "a.parquet"), check_metadata=True)
    assert scored["stance_model"].to_pylist() == ["tiny@1"] * 3


def test_parquet_files_of_one_output_may_differ_in_columns(tmp_path: Path, classifier: StanceClassifier):
    pq.write_table(pa.table({"text": ["trade"], "n": pa.array([1], pa.int32())}), tmp_path / "a.parquet")
    pq.write_table(
        pa.table(
            {
                "n": pa.array([2**40]),
                "text": [
                    "",
                ],
                "m": ["x"],
            }
        ),
        tmp_path / "b.parquet",
    )
    score_files(tmp_path / "a.parquet", tmp_path / "b.parquet", output=tmp_path / "o.parquet", classifier=classifier)
    scored = pq.read_table(tmp_path / "o.parquet")
    assert scored.select(["text", "n", "m"]).to_pylist() == [
        {"text": "trade", "n": 1, "m": None},
        {"text": "", "n": 2**40, "m": "x"},
    ]
    [reject] = read_dump(tmp_path / "o.parquet.rejects.jsonl")
    assert (reject["file"], reject["line"]) == (str(tmp_path / "b.parquet"), 1)


def test_parquet_types_that_do_not_go_together_are_refused_first(tmp_path: Path, classifier: StanceClassifier):
    pq.write_table(pa.table({"text": ["trade"], "n": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": ["trade"], "n": ["x"]}), tmp_path / "b.parquet")
    with pytest.raises(SettingsError, match=r"the inputs' columns differ in type .* name a \.jsonl output"):
        score_files(
            tmp_path / "a.parquet", tmp_path / "b.parquet", output=tmp_path / "o.parquet", classifier=classifier
        )

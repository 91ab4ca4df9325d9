"""What scoring makes of a row: a prediction, or the reason why there is none; and its columns in a file."""

from collections.abc import Iterable
from typing import Any

from model.errors import DataError
from model.records import Prediction
from service.dumps.columns import ColumnType

# A string is the reason why the row cannot be scored: a slug, a colon, a sentence.
Outcome = Prediction | str

STANCE_COLUMNS = {
    "stance_label": ColumnType.STRING,
    "stance_skeptical": ColumnType.FLOAT,
    "stance_supportive": ColumnType.FLOAT,
    "stance_neutral": ColumnType.FLOAT,
    "stance_confidence": ColumnType.FLOAT,
    "stance_abstained": ColumnType.BOOL,
    "stance_truncated": ColumnType.BOOL,
    "stance_language": ColumnType.STRING,
    "stance_model": ColumnType.STRING,
    "stance_error": ColumnType.STRING,
}


def stance_values(outcome: Outcome, *, model: str) -> dict[str, Any]:
    """Return one value for each of `STANCE_COLUMNS`, in their order; `model` is a `name@version`."""
    if isinstance(outcome, str):
        return {**dict.fromkeys(STANCE_COLUMNS), "stance_error": outcome}
    return {
        "stance_label": outcome.label.value,
        **{f"stance_{label}": score for label, score in outcome.scores.items()},
        "stance_confidence": outcome.confidence,
        "stance_abstained": outcome.abstained,
        "stance_truncated": outcome.truncated,
        "stance_language": outcome.language,
        "stance_model": model,
        "stance_error": None,
    }


def check_columns(names: Iterable[str], place: str) -> None:
    """Raises `DataError` where scoring would overwrite columns."""
    if clash := sorted(STANCE_COLUMNS.keys() & names):
        raise DataError(f"{place}: scored already, has {', '.join(clash)}; score the original, or rename these columns")

"""The bag of words that every model here must beat: TF-IDF of words and characters, logistic regression."""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from model.errors import DataError
from model.labels import LABELS
from model.text import normalize
from training.evaluation import Outcome, truth_of
from training.examples import Example


def fit_baseline(examples: Sequence[Example]) -> Pipeline:
    """Train on `examples`; texts are normalized as for the model, and read with their context.

    Raises:
        DataError: too few texts, or only one label among them.
    """
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True),
    )
    pipeline = make_pipeline(features, LogisticRegression(C=3.0, class_weight="balanced", max_iter=1000))
    try:
        return pipeline.fit(_texts(examples), truth_of(examples))
    except ValueError as error:  # one label only, or no word that occurs twice
        raise DataError(f"{len(examples)} texts are too few for the baseline: {error}; leave --baseline out") from error


def predict_baseline(pipeline: Pipeline, examples: Sequence[Example]) -> Outcome:
    """Classify `examples`; the baseline never abstains."""
    probabilities = np.zeros((len(examples), len(LABELS)))
    probabilities[:, pipeline.classes_] = pipeline.predict_proba(_texts(examples))  # a label never seen stays at 0
    return Outcome(truth_of(examples), probabilities, np.zeros(len(examples), dtype=bool))


def _texts(examples: Sequence[Example]) -> list[str]:
    return [normalize(f"{example.text} {example.context or ''}") for example in examples]

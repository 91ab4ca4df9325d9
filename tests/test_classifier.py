"""The one door: texts in, predictions out."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from encoders import FAMILIES, save_model
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import pipeline

from model.artifact import EMBEDDED
from model.batching import Limits
from model.calibration import Calibration, Curve
from model.classifier import StanceClassifier
from model.errors import InvalidTextError, ModelNotFoundError, TextError
from model.labels import LABELS
from model.records import Prediction, TextInput
from model.text import normalize

TEXTS = [
    "Talk to Moscow and lift the sanctions.",
    "No deal with Putin will hold, it is a trap!",
    "The weather in Paris was lovely yesterday.",
    "I agree with this.",
    "Detente works better than another cold war; we should trade again.",
    "see https://example.org, @user_name &amp; co",
]
LONG = "no deal with putin will hold it is a trap and peace works better " * 12
odd_texts = st.one_of(st.text(), st.sampled_from([*TEXTS, LONG, "", " ", "🙂", "\ud83d", "\0", "мир", "x" * 5_000]))
batches = st.lists(st.one_of(odd_texts, st.builds(TextInput, odd_texts, odd_texts, st.text())), max_size=6)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> StanceClassifier:
    """One whose labels differ between texts, the same in every run."""
    directory = tmp_path_factory.mktemp("bert")
    make_tokenizer, config = FAMILIES["bert"]
    save_model(directory, make_tokenizer(), config)
    return StanceClassifier.load(directory, engine="torch-float32")


def scores_of(predictions: Sequence[Prediction]) -> np.ndarray:
    return np.array([[prediction.scores[label] for label in LABELS] for prediction in predictions])


@settings(deadline=None, max_examples=20)
@given(texts=batches)
def test_one_text_gives_one_prediction_in_the_same_order(
    classifier: StanceClassifier, texts: list[str | TextInput]
) -> None:
    predictions = classifier.classify(texts)
    assert [item.id for item in predictions] == [text.id if isinstance(text, TextInput) else None for text in texts]
    for prediction in predictions:
        assert list(prediction.scores) == ["skeptical", "supportive", "neutral"]
        assert sum(prediction.scores.values()) == pytest.approx(1, abs=1e-6)
        assert prediction.confidence == prediction.scores[prediction.label] == max(prediction.scores.values())


@settings(deadline=None, max_examples=12)
@given(texts=batches)
def test_batch_mates_do_not_change_a_result(classifier: StanceClassifier, texts: list[str | TextInput]) -> None:
    together = scores_of(classifier.classify(texts))
    alone = scores_of([classifier.classify([text])[0] for text in texts])
    assert np.allclose(together, alone, rtol=0, atol=1e-5)


def test_batch_size_does_not_change_a_result(classifier: StanceClassifier) -> None:
    windows = [window for item in classifier.prepare([*TEXTS, LONG]) for window in item.windows]
    whole = classifier.run(windows, limits=Limits(100_000, 100_000))
    for budget in (1, 64, 200):
        assert np.allclose(classifier.run(windows, limits=Limits(budget, 16)), whole, rtol=0, atol=1e-4)


def test_the_fixture_tells_texts_apart(classifier: StanceClassifier) -> None:
    """Or the tests of order and of batch-mates would prove nothing."""
    assert len({prediction.label for prediction in classifier.classify(TEXTS)}) > 1
    assert np.ptp(scores_of(classifier.classify(TEXTS)), axis=0).max() > 0.3


def test_no_texts_give_no_predictions(classifier: StanceClassifier) -> None:
    assert classifier.classify([]) == []
    assert classifier.run([]).shape == (0, 3)


def test_prepared_texts_may_be_run_by_someone_else_s_batches(classifier: StanceClassifier) -> None:
    """What the server does: windows of several requests in one run, each concluded from its own rows."""
    requests = [classifier.prepare([text], split="paragraphs")[0] for text in (LONG, "One.\n\nTwo.", "Three")]
    logits = iter(classifier.run([window for item in reversed(requests) for window in item.windows]))
    rows = {id(item): np.stack([next(logits) for _ in item.windows]) for item in reversed(requests)}
    concluded = [classifier.conclude(item, rows[id(item)]) for item in requests]
    assert np.allclose(scores_of(concluded), scores_of(classifier.classify([LONG, "One.\n\nTwo.", "Three"])), atol=1e-5)


def test_prepare_is_safe_in_several_threads(classifier: StanceClassifier) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: classifier.prepare([*TEXTS, LONG], split="paragraphs"), range(12)))
    assert results == [classifier.prepare([*TEXTS, LONG], split="paragraphs")] * 12


def test_paragraphs_are_labelled_as_if_each_were_alone(classifier: StanceClassifier) -> None:
    source = "🙂 Talk to Moscow.\r\n\r\nNo deal, it is a trap.\n \nThe weather was lovely."
    (prediction,) = classifier.classify([TextInput(source, context="helsinki reset")], split="paragraphs")
    assert prediction.segments is not None
    cut = [source[segment.start : segment.end] for segment in prediction.segments]
    assert cut == ["🙂 Talk to Moscow.", "No deal, it is a trap.", "The weather was lovely."]
    alone = classifier.classify([TextInput(text, context="helsinki reset") for text in cut])
    assert [segment.label for segment in prediction.segments] == [item.label for item in alone]
    confidences = [segment.confidence for segment in prediction.segments]
    assert confidences == pytest.approx([item.confidence for item in alone], abs=1e-5)


def test_splitting_changes_nothing_about_the_whole(classifier: StanceClassifier) -> None:
    source = "Talk to Moscow.\n\nNo deal."
    plain, split = classifier.classify([source])[0], classifier.classify([source], split="paragraphs")[0]
    assert plain.segments is None
    assert split.scores == pytest.approx(plain.scores, abs=1e-5)


def test_an_attribution_is_what_the_label_loses_without_the_word(classifier: StanceClassifier) -> None:
    source = "🙂 Talk to\nMoscow!"
    (prediction,) = classifier.classify([TextInput(source, context="helsinki reset")], explain=True)
    assert prediction.attributions is not None
    assert [source[part.start : part.end] for part in prediction.attributions] == ["🙂", "Talk", "to", "Moscow!"]
    rests = [source[: part.start] + source[part.end :] for part in prediction.attributions]
    without = classifier.classify([TextInput(rest, context="helsinki reset") for rest in rests])
    lost = [prediction.confidence - item.scores[prediction.label] for item in without]
    assert [part.score for part in prediction.attributions] == pytest.approx(lost, abs=1e-5)
    assert max(map(abs, lost)) > 1e-3


def test_a_sure_text_is_explained_too(classifier: StanceClassifier) -> None:
    """Where every confidence is 0.98, no word seems to matter: attributions are taken before the curves."""
    flat = classifier.with_calibration(Calibration(curves=(Curve((0.3, 1.0), (0.98, 0.98)),) * 3))
    plain = classifier.with_calibration(Calibration())
    found, expected = (c.classify(["Talk to Moscow!"], explain=True)[0] for c in (flat, plain))
    assert found.confidence == pytest.approx(0.98)
    assert [part.score for part in found.attributions or ()] == [part.score for part in expected.attributions or ()]
    assert any(part.score for part in found.attributions or ())


def test_paragraphs_and_attributions_do_not_mix(classifier: StanceClassifier) -> None:
    """Of several texts at once, one of them without a word."""
    texts = ["Talk to Moscow.\n\nNo deal.", " ", LONG]
    both = classifier.classify(texts, split="paragraphs", explain=True)
    split, explained = classifier.classify(texts, split="paragraphs"), classifier.classify(texts, explain=True)
    for prediction, alone, why in zip(both, split, explained, strict=True):
        assert prediction.segments is not None
        assert prediction.attributions is not None
        assert (alone.attributions, why.segments) == (None, None)
        found = [part.confidence for part in prediction.segments]
        assert found == pytest.approx([part.confidence for part in alone.segments or ()], abs=1e-5)
        scores = [part.score for part in prediction.attributions]
        assert scores == pytest.approx([part.score for part in why.attributions or ()], abs=1e-5)


def test_a_text_without_paragraphs_has_an_empty_list_of_segments(classifier: StanceClassifier) -> None:
    assert classifier.classify([" \n\n "], split="paragraphs")[0].segments == ()


def test_a_long_text_is_the_average_of_its_windows_by_new_tokens(classifier: StanceClassifier) -> None:
    (prepared,) = classifier.prepare([LONG])
    logits = classifier.run(prepared.windows)
    weights = np.array([window.weight for window in prepared.windows])
    expected = classifier.manifest.calibration.probabilities((logits * weights[:, None]).sum(axis=0) / weights.sum())
    assert len(weights) > 2
    assert list(classifier.conclude(prepared, logits).scores.values()) == pytest.approx(list(expected), abs=1e-6)


def test_only_a_text_beyond_the_last_window_is_flagged_as_truncated(classifier: StanceClassifier) -> None:
    fits, too_long = classifier.classify([LONG, LONG * 10])
    assert (fits.truncated, too_long.truncated) == (False, True)


def test_context_is_read_but_its_absence_is_no_empty_string(classifier: StanceClassifier) -> None:
    without, empty, given_one = classifier.classify(
        ["i agree", TextInput("i agree", context=""), TextInput("i agree", context="no deal, it is a trap")]
    )
    assert empty.scores == pytest.approx(without.scores, abs=1e-6)
    assert given_one.scores != pytest.approx(without.scores, abs=1e-3)


@pytest.mark.parametrize(
    "text",
    ["", "!!! 42 🙂", "https://example.org @someone", "Il faut parler avec Moscou, sinon la guerre ne finira jamais."],
)
def test_no_words_or_another_language_is_abstained_on_but_labelled(classifier: StanceClassifier, text: str) -> None:
    sure = classifier.with_calibration(Calibration(abstain_threshold=0.0))
    (prediction,) = sure.classify([text])
    assert prediction.abstained
    assert prediction.label in LABELS


def test_abstains_below_the_calibrated_threshold_only(classifier: StanceClassifier) -> None:
    text = "We should talk to Moscow and trade again, it works better."
    never = classifier.with_calibration(Calibration(abstain_threshold=0.0))
    always = classifier.with_calibration(Calibration(abstain_threshold=1.0, temperature=100.0))
    assert not never.classify([text])[0].abstained
    assert always.classify([text])[0].abstained


def test_another_calibration_leaves_the_classifier_as_it_was(classifier: StanceClassifier) -> None:
    before = classifier.classify(TEXTS)
    classifier.with_calibration(Calibration(temperature=9.0))
    assert classifier.classify(TEXTS) == before


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one string", "got one string; put it in a list"),
        (["fine", None], "item 1: expected a string or TextInput, got NoneType"),
        ([b"bytes"], "item 0: .* got bytes"),
        ([TextInput(5)], "item 0: text must be a string"),  # type: ignore[arg-type]
        (["fine", TextInput("fine", context=5)], "item 1: .* context a string or None"),  # type: ignore[arg-type]
    ],
)
def test_what_is_not_a_text_is_refused(classifier: StanceClassifier, texts: Sequence[str], message: str) -> None:
    with pytest.raises(InvalidTextError, match=message) as caught:
        classifier.classify(texts)
    assert isinstance(caught.value, TextError)


def test_loading_from_nowhere_names_the_place(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="nowhere"):
        StanceClassifier.load(tmp_path / "nowhere")


def assert_parity(directory: Path) -> None:
    """The classifier gives what `transformers` itself makes of the same weights, but for the temperature."""
    classifier = StanceClassifier.load(directory, engine="torch-float32")
    reference = pipeline(
        "text-classification", model=str(directory), top_k=None, function_to_apply="none", dtype="float32", device="cpu"
    )
    inputs = [TextInput(text, context) for text in TEXTS for context in (None, "Trust Russia?")]
    for item, prediction in zip(inputs, classifier.classify(inputs), strict=True):
        pair = {"text": normalize(item.text)} | ({"text_pair": normalize(item.context)} if item.context else {})
        logits = {answer["label"]: answer["score"] for answer in reference([pair])[0]}
        expected = classifier.manifest.calibration.probabilities(np.array([logits[label] for label in LABELS]))
        assert list(prediction.scores.values()) == pytest.approx(expected.tolist(), abs=1e-4)
        assert prediction.label == max(logits, key=logits.__getitem__)


def test_parity_with_transformers_pipeline(tiny_model: Path) -> None:
    assert_parity(tiny_model)


def test_parity_of_the_embedded_model_with_transformers_pipeline() -> None:
    assert_parity(EMBEDDED)

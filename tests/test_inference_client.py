"""`huggingface_hub.InferenceClient` works against the running service, unchanged."""

from collections.abc import Iterator

import pytest
from api_support import listening
from huggingface_hub import InferenceClient, TextClassificationOutputElement
from huggingface_hub.errors import HfHubHTTPError

from model.classifier import StanceClassifier

TEXT = "talk to moscow and lift the sanctions"


@pytest.fixture(scope="module")
def client(classifier: StanceClassifier) -> Iterator[InferenceClient]:
    with listening(classifier) as url:
        yield InferenceClient(model=f"{url}/predict", token="not-a-key")


def test_text_classification_gives_every_label_with_its_score(
    client: InferenceClient, classifier: StanceClassifier
) -> None:
    answer = client.text_classification(TEXT)
    assert [type(element) for element in answer] == [TextClassificationOutputElement] * 3
    (expected,) = classifier.classify([TEXT])
    assert {element.label: element.score for element in answer} == pytest.approx(expected.scores, abs=1e-5)
    assert answer[0].label == expected.label


def test_top_k_and_function_to_apply_are_honoured(client: InferenceClient) -> None:
    (best,) = client.text_classification(TEXT, top_k=1)
    assert best.label == client.text_classification(TEXT)[0].label
    logits = client.text_classification(TEXT, function_to_apply="none")
    assert sum(element.score for element in logits) != pytest.approx(1)


def test_an_error_reaches_the_client_as_its_own_kind(client: InferenceClient) -> None:
    with pytest.raises(HfHubHTTPError) as failure:
        client.text_classification(" ")
    assert failure.value.response.status_code == 400

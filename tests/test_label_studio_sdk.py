"""Label Studio's own SDK takes our predictions as valid for the configuration that they were made for."""

import warnings
from typing import Any

import pytest
from api_support import post_json, serving
from label_studio_support import DOCUMENTED

from model.classifier import StanceClassifier

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its models are written for an older pydantic
    from label_studio_sdk.label_interface import LabelInterface
    from label_studio_sdk.label_interface.objects import PredictionValue

pytestmark = pytest.mark.anyio
DATA = [
    {"comment": "talk to moscow"},
    {"comment": "no deal with putin will hold", "context": "peace"},
    {"comment": " "},
]
PLAIN = '<Choice value="Skeptical"/><Choice value="Supportive"/><Choice value="Neutral"/>'
ALIASED = """<Choice value="Dagegen" alias="skeptical"/><Choice value="Dafür" alias="supportive"/>
<Choice value="Neutral" alias="0"/><Choice value="Unklar"/>"""
CONFIG = """<View><Header value="Stance"/><{tag} name="said" value="$comment"/>
<Choices name="stance" toName="said" choice="single">{choices}</Choices></View>"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def predictions(classifier: StanceClassifier, config: str) -> list[dict[str, Any]]:
    tasks = [{"id": index, "data": data} for index, data in enumerate(DATA)]
    async with serving(classifier) as client:
        body = {"tasks": tasks, "project": "1.2", "label_config": config, "params": {}}
        return (await post_json(client, "/label-studio/predict", body)).json()["results"]


@pytest.mark.parametrize("choices", [PLAIN, ALIASED], ids=["plain", "aliased"])
@pytest.mark.parametrize("tag", ["Text", "HyperText"])
async def test_predictions_are_valid_for_their_configuration(
    classifier: StanceClassifier, tag: str, choices: str
) -> None:
    config = CONFIG.format(tag=tag, choices=choices)
    interface = LabelInterface(config)
    found = await predictions(classifier, config)
    assert [interface.validate_prediction(one, return_errors=True) for one in found] == [[], [], []]
    assert [len(one["result"]) for one in found] == [1, 1, 0]


async def test_a_prediction_for_another_configuration_would_not_be_valid(classifier: StanceClassifier) -> None:
    """The check above can fail: the words are those of the configuration."""
    interface = LabelInterface(CONFIG.format(tag="Text", choices=ALIASED))
    found = await predictions(classifier, CONFIG.format(tag="Text", choices=PLAIN))
    assert interface.validate_prediction(found[0], return_errors=True)


async def test_predictions_are_the_objects_of_the_sdk(classifier: StanceClassifier) -> None:
    found = await predictions(classifier, CONFIG.format(tag="Text", choices=PLAIN))
    assert [PredictionValue(**one).model_dump() for one in found] == found


async def test_the_documented_configuration_is_one_that_the_sdk_takes(classifier: StanceClassifier) -> None:
    interface = LabelInterface(DOCUMENTED)
    tasks = [{"id": 1, "data": {"text": "talk to moscow", "context": "peace"}}]
    async with serving(classifier) as client:
        answer = await post_json(client, "/label-studio/predict", {"tasks": tasks, "label_config": DOCUMENTED})
    (one,) = answer.json()["results"]
    assert interface.validate_prediction(one, return_errors=True) == []
    assert interface.validate_task(tasks[0])

"""Which labelling configurations are for us, and what is wrong with the others."""

import pytest
from api_support import post_json, serving
from label_studio_support import CONFIG, DOCUMENTED, config_of

from model.classifier import StanceClassifier
from model.labels import LABELS
from service.api.label_studio_config import parse_label_config

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("config", [CONFIG, DOCUMENTED], ids=["test", "documented"])
async def test_setup_gives_the_model_version_for_a_configuration_that_fits(
    classifier: StanceClassifier, config: str
) -> None:
    body = {"project": "12.1712345678", "schema": config, "hostname": "", "access_token": "t", "extra_params": None}
    async with serving(classifier) as client:
        answer = await post_json(client, "/label-studio/setup", body)
    assert (answer.status_code, answer.json()) == (200, {"model_version": "tiny@1"})


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("<View></View>", "needs <Choices"),
        (config_of('<Image name="said" value="$image"/>'), "needs <Choices"),
        (config_of('<Text name="other" value="$comment"/>'), "needs <Choices"),
        (config_of('<Text name="said" value="comment"/>'), "needs <Choices"),
        (config_of('<Text name="said" value="$url" valueType="url"/>'), "needs <Choices"),
        (config_of('<Text name="said" value="$comment"/>', '<Choice value="Skeptical"/>'), "needs <Choices"),
        ("<View>\n<Text", "not well-formed XML (line 2)"),
        ("", "not well-formed XML (line 1)"),
        ("<View>\0</View>", "not well-formed XML (line 1)"),
        ("<View>\ud800</View>", "unicode"),
        ("<View>" * 200_000, "at most 100000"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><View>&b;</View>', "<!DOCTYPE>"),
        (5, "string"),
    ],
)
async def test_a_configuration_that_does_not_fit_is_400_and_says_why(
    classifier: StanceClassifier, config: object, says: str
) -> None:
    async with serving(classifier) as client:
        answer = await post_json(client, "/label-studio/setup", {"project": "1.2", "schema": config})
    assert answer.status_code == 400
    assert answer.json().keys() == {"detail", "status"}
    assert answer.json()["status"] == 400
    assert answer.json()["detail"].startswith("/schema: ")
    assert says in answer.json()["detail"]


def test_an_alias_names_the_stance_and_stands_in_the_results() -> None:
    named = '<Choice value="Dagegen" alias="Skeptical"/><Choice value="Supportive" alias="+"/><Choice value="Neutral"/>'
    config = parse_label_config(config_of('<Text name="said" value="$comment"/>', named), pointer="/schema")
    assert [config.choices[label] for label in LABELS] == ["Skeptical", "+", "Neutral"]

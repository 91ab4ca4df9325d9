"""Pages of other origins, and what they may do."""

import pytest
from api_support import serving

from model.classifier import StanceClassifier
from model.errors import SettingsError
from service.api.origins import parse_origins

pytestmark = pytest.mark.anyio
DESK = "https://desk.example"
TEXTS = {"texts": ["talk to moscow"]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_no_other_page_may_read_answers_unless_it_is_named(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        assert "access-control-allow-origin" not in (await client.get("/info", headers={"Origin": DESK})).headers
    async with serving(classifier, cors_origins=f"{DESK}, https://other.example/") as client:
        assert (await client.get("/info", headers={"Origin": DESK})).headers["Access-Control-Allow-Origin"] == DESK
        other = await client.get("/info", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


async def test_a_page_that_is_named_is_told_so_before_it_sends_anything(classifier: StanceClassifier) -> None:
    asked = {"Origin": DESK, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    async with serving(classifier, cors_origins=DESK) as client:
        answer = await client.options("/v1/classify", headers=asked)
    assert answer.status_code == 200
    assert "x-api-key" in answer.headers["Access-Control-Allow-Headers"]


async def test_a_form_on_another_page_changes_nothing(classifier: StanceClassifier) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    async with serving(classifier) as client:
        promoted = await client.post("/v1/models/embedded/promote", headers=foreign)
        assert promoted.status_code == 403
        assert "STANCE_CORS_ORIGINS" in promoted.json()["detail"]
        assert (
            await client.post("/v1/jobs", headers=foreign, files={"file": ("a.csv", b"text\nx\n")})
        ).status_code == 403
        assert (await client.get("/info", headers=foreign)).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}])
async def test_programs_and_our_own_page_are_served(classifier: StanceClassifier, headers: dict[str, str]) -> None:
    async with serving(classifier) as client:
        assert (await client.post("/v1/classify", json=TEXTS, headers=headers)).status_code == 200


async def test_a_page_that_is_named_may_change_things(classifier: StanceClassifier) -> None:
    async with serving(classifier, cors_origins=DESK) as client:
        own = {"Sec-Fetch-Site": "cross-site", "Origin": DESK}
        assert (await client.post("/v1/classify", json=TEXTS, headers=own)).status_code == 200


@pytest.mark.parametrize("listed", ["*", "desk.example", "https://", "https://desk.example/page", "https://*.example"])
def test_what_is_no_origin_is_refused(listed: str) -> None:
    with pytest.raises(SettingsError, match="STANCE_CORS_ORIGINS"):
        parse_origins(listed)

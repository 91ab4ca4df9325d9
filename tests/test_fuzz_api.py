"""Requests that follow the OpenAPI document, and requests that break it, by the thousand: never a 5xx. `make fuzz`."""

from collections.abc import Iterator
from typing import cast

import pytest
import schemathesis
from api_support import listening
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from model.classifier import StanceClassifier
from service.api.app import create_app
from service.settings import Settings

pytestmark = pytest.mark.fuzz
CASES_EACH = 420


@pytest.fixture(scope="module")
def served(classifier: StanceClassifier) -> Iterator[str]:
    with listening(classifier, max_text_chars=2_000, coral_secrets="secret") as url:
        yield url


# The document is the same whatever model is served, so none is needed to know which tests there are.
schema = schemathesis.openapi.from_dict(create_app(Settings(_env_file=None), cast(StanceClassifier, None)).openapi())


@schema.parametrize()
@settings(max_examples=CASES_EACH, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_brings_the_service_down(case: schemathesis.Case, served: str) -> None:
    case.call_and_validate(base_url=served, checks=[not_a_server_error])

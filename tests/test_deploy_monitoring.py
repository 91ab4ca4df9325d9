"""Alerts and dashboard ask for what the service tells, in expressions that can be read."""

import json
import re
from typing import Any

import pytest
from api_support import post_json, serving
from deploy_support import DEPLOY, ROOT, bare, grouped_by, read_yaml, selectors
from prometheus_client.parser import text_string_to_metric_families

from model.classifier import StanceClassifier
from service.api import errors
from service.api.access import RIGHTS
from service.settings import Settings

FUNCTIONS = {"abs", "count", "histogram_quantile", "increase", "min_over_time", "rate", "scalar", "sum"}
OPERATORS = {"and", "or", "unless", "offset"}
TARGET_LABELS = {"instance", "job", "le"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def rules() -> list[dict[str, Any]]:
    return [rule for group in read_yaml("deploy/prometheus/alerts.yaml")["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return list(json.loads((DEPLOY / "grafana" / "dashboard.json").read_text(encoding="utf-8"))["panels"])


def expressions() -> dict[str, str]:
    asked = {rule["alert"]: rule["expr"] for rule in rules()}
    targets = [(panel["title"], target) for panel in panels() for target in panel["targets"]]
    return asked | {f"{title} {target['refId']}": target["expr"] for title, target in targets}


async def exposed(classifier: StanceClassifier) -> dict[str, set[str]]:
    """The names of all samples at /metrics, with their labels, after each kind of event has come once."""
    async with serving(classifier, max_queue_tokens=1_000) as client:
        await post_json(client, "/v1/classify", {"texts": ["talk to moscow"]})
        await post_json(client, "/v1/classify", {"texts": ["talk to moscow " * 100] * 100})
        await post_json(client, "/v1/labels", {"labels": [{"text": "peace", "label": "supportive"}]})
        text = (await client.get("/metrics")).text
    return {
        sample.name: set(sample.labels) for family in text_string_to_metric_families(text) for sample in family.samples
    }


@pytest.mark.anyio
async def test_every_metric_that_is_asked_for_is_exposed_with_these_labels(classifier: StanceClassifier) -> None:
    there = await exposed(classifier)
    for place, expression in expressions().items():
        for selector in selectors(expression):
            assert selector.metric in there, place
            asked = {label for label, _ in selector.matchers} | grouped_by(expression)
            assert asked <= there[selector.metric] | TARGET_LABELS, place


@pytest.mark.anyio
async def test_every_metric_that_is_exposed_is_on_the_dashboard(classifier: StanceClassifier) -> None:
    shown = " ".join(target["expr"] for panel in panels() for target in panel["targets"])
    families = {re.sub(r"_(bucket|sum|count|created|total|info)$", "", name) for name in await exposed(classifier)}
    assert {name for name in families if name not in shown} == set()


@pytest.mark.parametrize("place", expressions())
def test_expressions_are_made_of_words_that_promql_knows(place: str) -> None:
    rest = bare(expressions()[place])
    assert set(
        re.findall(r"[A-Za-z_]\w*", re.sub(r"\bstance_\w+|\boffset \d+[smhd]", "", rest))
    ) <= FUNCTIONS | OPERATORS | {"up"}
    assert re.fullmatch(r"[\w\s()+\-*/<>=.,]+", rest), "brackets of selectors and ranges are closed"


@pytest.mark.parametrize("place", expressions())
def test_brackets_of_expressions_are_closed_and_operators_have_two_sides(place: str) -> None:
    depth = 0
    for bracket in re.findall(r"[()]", expressions()[place]):
        depth += 1 if bracket == "(" else -1
        assert depth >= 0
    assert depth == 0
    assert not re.search(r"[-+*/<>=,]\s*([)*/,]|$)|\(\s*[*/,)]|^\s*[*/<>=,]", bare(expressions()[place]))


@pytest.mark.parametrize("place", expressions())
def test_values_that_expressions_look_for_can_come(place: str) -> None:
    known = {
        "route": set(RIGHTS),
        "reason": {kind for _, kind, _ in errors._TABLE.values()},
    }
    for selector in selectors(expressions()[place]):
        for label, value in selector.matchers:
            assert label not in known or set(value.split("|")) <= known[label]


def test_every_alert_says_what_is_wrong_what_to_do_and_who_is_called() -> None:
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "action"}, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_documentation_lists_every_alert_with_its_severity() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    listed = {
        name: severity
        for severity, row in re.findall(r"^\| `(\w+)`: .*\| (Stance.*) \|$", text, re.MULTILINE)
        for name in row.split(", ")
    }
    assert listed == {rule["alert"]: rule["labels"]["severity"] for rule in rules()}


def test_the_queue_is_called_full_at_half_of_what_it_may_hold() -> None:
    limit = int(expressions()["StanceQueueFills"].split(">")[1])
    assert 2 * limit == Settings.model_fields["max_queue_tokens"].default


def test_panels_ask_the_source_that_is_chosen_and_lie_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        assert panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
        place = panel["gridPos"]
        own = {(place["x"] + column, place["y"] + row) for column in range(place["w"]) for row in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not own & taken
        taken |= own


def test_prometheus_and_grafana_find_the_files_and_each_other() -> None:
    prometheus = read_yaml("deploy/prometheus/prometheus.yaml")
    assert [(DEPLOY / "prometheus" / name).exists() for name in prometheus["rule_files"]] == [True]
    job = prometheus["scrape_configs"][0]
    assert job["job_name"] == "stance", "StanceDown asks for this job"
    compose = read_yaml("compose.yaml")["services"]
    assert job["static_configs"][0]["targets"][0].split(":")[0] in compose
    source = read_yaml("deploy/grafana/provisioning/datasources/prometheus.yaml")["datasources"][0]
    assert source["url"].split("//")[1].split(":")[0] in compose
    folder = read_yaml("deploy/grafana/provisioning/dashboards/stance.yaml")["providers"][0]["options"]["path"]
    assert any(volume.split(":")[1].startswith(f"{folder}/") for volume in compose["grafana"]["volumes"])

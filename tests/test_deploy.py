"""What is handed to those who run the service fits the service: settings, ports, paths, times, rights."""

import re
from pathlib import Path
from typing import Any

import pytest
from deploy_support import DEPLOY, ROOT, container, manifest, pod, read_image, read_yaml, seconds

from model.classifier import StanceClassifier
from service.api.access import RIGHTS
from service.api.app import create_app
from service.commands.serve import _GRACE_SECONDS
from service.settings import Settings

FILES = [
    ROOT / "Dockerfile",
    ROOT / "compose.yaml",
    ROOT / "docs" / "deployment.md",
    *(path for path in DEPLOY.rglob("*") if path.is_file()),
]
WRITABLE = {"/data", "/tmp"}  # noqa: S108 - in a container of its own
UNIT = (DEPLOY / "systemd" / "comment-stance.service").read_text(encoding="utf-8")


def services() -> dict[str, Any]:
    return dict(read_yaml("compose.yaml")["services"])


def environments() -> dict[str, dict[str, str]]:
    """The settings that each way of running makes; what the reader's shell fills in is empty."""
    composed = services()["stance"]["environment"]
    return {
        "image": read_image().environment,
        "compose": {name: re.sub(r"\$\{[^}]*\}", "", value) for name, value in composed.items()},
        "kubernetes": {**read_image().environment, **manifest("configmap")["data"]},
        "systemd": dict(re.findall(r"^Environment=(\w+)=(.*)$", UNIT, re.MULTILINE)),
    }


def deadline(place: str) -> float:
    return float(
        environments()[place].get("STANCE_DEADLINE_SECONDS", Settings.model_fields["deadline_seconds"].default)
    )


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(file: Path) -> None:
    named = re.findall(r"\bSTANCE_([A-Z_]+)", file.read_text(encoding="utf-8"))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize("place", ["image", "compose", "kubernetes", "systemd"])
def test_settings_have_values_that_make_sense(place: str) -> None:
    made = {name: value for name, value in environments()[place].items() if name.startswith("STANCE_") and value}
    assert made
    Settings(_env_file=None, **{name.removeprefix("STANCE_").lower(): value for name, value in made.items()})


def test_one_port_everywhere() -> None:
    image = read_image()
    port = image.environment["STANCE_PORT"]
    assert image.last("EXPOSE") == port
    assert services()["stance"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert container()["ports"] == [{"name": "http", "containerPort": int(port)}]
    assert manifest("service")["spec"]["ports"][0]["targetPort"] == "http"
    assert manifest("network-policy")["spec"]["ingress"][0]["ports"] == [{"port": int(port)}]
    target = read_yaml("deploy/prometheus/prometheus.yaml")["scrape_configs"][0]["static_configs"][0]["targets"]
    assert target == [f"stance:{port}"]


def test_what_is_probed_and_scraped_is_there_and_needs_no_key(classifier: StanceClassifier) -> None:
    routes = create_app(Settings(_env_file=None), classifier).openapi()["paths"]
    probes = [container()[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert {probe["port"] for probe in probes} == {"http"}
    assert [probe["path"] for probe in probes] == ["/livez", "/livez", "/readyz"]
    scraped = read_yaml("deploy/prometheus/prometheus.yaml")["scrape_configs"][0]["metrics_path"]
    monitored = manifest("service-monitor")["spec"]["endpoints"][0]["path"]
    for path in [probe["path"] for probe in probes] + [scraped, monitored]:
        assert path in routes
        assert RIGHTS[path] is None


def test_whoever_stops_the_service_waits_for_the_last_answer() -> None:
    paused = int(container()["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod()["terminationGracePeriodSeconds"] >= paused + deadline("kubernetes") + _GRACE_SECONDS
    assert seconds(services()["stance"]["stop_grace_period"]) >= deadline("compose") + _GRACE_SECONDS
    stop = re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert stop
    assert int(stop[1]) >= deadline("systemd") + _GRACE_SECONDS


def test_only_data_and_tmp_can_be_written() -> None:
    writable = {mount["mountPath"] for mount in container()["volumeMounts"] if not mount.get("readOnly")}
    assert writable == WRITABLE
    stance = services()["stance"]
    assert {volume.split(":")[1] for volume in stance["volumes"]} | set(stance["tmpfs"]) == WRITABLE
    assert read_image().environment["STANCE_HOME"] == read_image().last("VOLUME") == "/data"
    user = pod()["securityContext"]
    assert read_image().last("USER") == f"{user['runAsUser']}:{user['runAsGroup']}"


@pytest.mark.parametrize("name", services())
def test_containers_are_confined_watched_and_bound_to_this_machine(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "healthcheck" in service or name == "stance", "the image of ours brings its own"
    for needed in service.get("depends_on", {}).values():
        assert needed == {"condition": "service_healthy"}


def test_only_the_service_reaches_the_database() -> None:
    assert {name for name, service in services().items() if "database" in service["networks"]} == {"stance", "postgres"}
    assert services()["postgres"]["networks"] == ["database"]
    assert read_yaml("compose.yaml")["networks"]["database"] == {"internal": True}


def test_files_hold_no_password() -> None:
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            assert "PASSWORD" not in name or re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), name
    for file in FILES:
        for password in re.findall(r"\w+://[^\s:/@]+:([^\s@]+)@", file.read_text(encoding="utf-8")):
            assert password in ("PASSWORD", "REPLACE-PASSWORD"), file.name


def test_files_that_are_mounted_exist() -> None:
    for service in services().values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in read_yaml("compose.yaml")["volumes"] or (ROOT / source).exists(), source

"""The manifests for Kubernetes fit together, and a pod may do no more than it must."""

from importlib.metadata import version
from pathlib import Path

import pytest
from deploy_support import DEPLOY, container, manifest, pod

from model.errors import SettingsError
from service.keys import KeyRing

MANIFESTS = sorted(path.stem for path in (DEPLOY / "kubernetes").glob("*.yaml"))
NAME = {"app.kubernetes.io/name": "comment-stance"}


def test_kubernetes_sets_no_variable_of_ours() -> None:
    """A Service `stance` would set STANCE_PORT=tcp://..., and the service would not start."""
    assert pod()["enableServiceLinks"] is False


def test_the_pod_may_do_little() -> None:
    assert pod()["securityContext"]["runAsNonRoot"] is True
    assert pod()["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod()["automountServiceAccountToken"] is False
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container()["resources"]) == {"requests", "limits"}


def test_the_example_of_a_secret_lets_nobody_in(tmp_path: Path) -> None:
    example = manifest("secret.example")["stringData"]
    (tmp_path / "keys.json").write_text(example["keys.json"], encoding="utf-8")
    with pytest.raises(SettingsError, match="holds no key"):
        KeyRing(tmp_path / "keys.json")
    reference = container()["env"][0]["valueFrom"]["secretKeyRef"]
    assert reference["name"] == manifest("secret.example")["metadata"]["name"]
    assert reference["key"] in example


def test_keys_are_where_the_setting_says() -> None:
    folder = next(mount["mountPath"] for mount in container()["volumeMounts"] if mount["name"] == "keys")
    volume = next(volume["secret"] for volume in pod()["volumes"] if volume["name"] == "keys")
    assert manifest("configmap")["data"]["STANCE_KEYS_FILE"] == f"{folder}/{volume['items'][0]['path']}"
    assert volume["items"][0]["key"] in manifest("secret.example")["stringData"]


@pytest.mark.parametrize("name", [name for name in MANIFESTS if name != "kustomization"])
def test_manifests_say_what_they_are(name: str) -> None:
    found = manifest(name)
    assert {"apiVersion", "kind", "metadata"} <= set(found)
    assert found["metadata"]["name"] == "comment-stance"


def test_kustomization_applies_all_but_the_example_and_what_needs_an_operator() -> None:
    kustomization = manifest("kustomization")
    left_out = {"kustomization", "secret.example", "service-monitor"}
    assert {Path(name).stem for name in kustomization["resources"]} == set(MANIFESTS) - left_out
    assert kustomization["images"] == [{"name": container()["image"], "newTag": version("comment-stance")}]


def test_everything_picks_the_pods_of_the_deployment() -> None:
    deployment = manifest("deployment")["spec"]
    assert deployment["template"]["metadata"]["labels"] == NAME
    assert deployment["selector"]["matchLabels"] == NAME
    assert manifest("service")["spec"]["selector"] == NAME
    assert manifest("disruption-budget")["spec"]["selector"]["matchLabels"] == NAME
    assert manifest("network-policy")["spec"]["podSelector"]["matchLabels"] == NAME
    assert manifest("service-monitor")["spec"]["selector"]["matchLabels"] == manifest("service")["metadata"]["labels"]
    target = manifest("autoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", manifest("deployment")["metadata"]["name"])
    assert container()["envFrom"][0]["configMapRef"]["name"] == manifest("configmap")["metadata"]["name"]

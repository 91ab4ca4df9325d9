"""Reads what lies in `deploy/`, as those who run it do: YAML, the Dockerfile, expressions of PromQL."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
_INSTRUCTION = re.compile(r"^([A-Z]+)\s+(.*)$")
_SELECTOR = re.compile(r"\b(stance_\w+)(?:\s*\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\bby\s*\(([^)]*)\)")


def read_yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def manifest(name: str) -> Any:
    return read_yaml(f"deploy/kubernetes/{name}.yaml")


def pod() -> Any:
    return manifest("deployment")["spec"]["template"]["spec"]


def container() -> Any:
    return pod()["containers"][0]


def seconds(duration: str) -> int:
    """Of a duration such as Compose takes, in whole seconds."""
    return int(duration.removesuffix("s"))


@dataclass(frozen=True, slots=True)
class Image:
    """What the last stage of the Dockerfile says."""

    instructions: tuple[tuple[str, str], ...]

    def last(self, instruction: str) -> str:
        return [value for name, value in self.instructions if name == instruction][-1]

    @property
    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in shlex.split(self.last("ENV")))

    @property
    def command(self) -> list[str]:
        return [*json.loads(self.last("ENTRYPOINT")), *json.loads(self.last("CMD"))]

    @property
    def health_check(self) -> list[str]:
        return list(json.loads(self.last("HEALTHCHECK").split("CMD ", 1)[1]))


def read_image() -> Image:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    found = [match.groups() for line in text.splitlines() if (match := _INSTRUCTION.match(line))]
    last = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return Image(tuple((name, value) for name, value in found[last:]))


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric of ours in an expression, and the labels by which its series are picked."""

    metric: str
    matchers: tuple[tuple[str, str], ...]


def selectors(expression: str) -> list[Selector]:
    return [Selector(name, tuple(_MATCHER.findall(matchers or ""))) for name, matchers in _SELECTOR.findall(expression)]


def grouped_by(expression: str) -> set[str]:
    return {label.strip() for labels in _GROUPING.findall(expression) for label in labels.split(",") if label.strip()}


def bare(expression: str) -> str:
    """The expression without strings, selectors, groupings and ranges: words, numbers, brackets and operators."""
    without = re.sub(r'"[^"]*"', "", expression)
    return re.sub(r"\{[^{}]*\}|\b(by|on)\s*\([^()]*\)|\[(\d+[smhd]|\$__rate_interval)\]", " ", without)

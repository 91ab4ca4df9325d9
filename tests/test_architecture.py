"""What an import may bring along. The directions between the rooms are kept by `lint-imports`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import model

ENGINES = ["openvino", "loky", "torch", "transformers", "safetensors"]
HEAVY = [*ENGINES, "pyarrow", "fastapi", "pydantic", "datasets", "sklearn", "scipy"]
LIST_HEAVY = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(set(sys.argv[2:]) & set(sys.modules))))
"""
ROOM = sorted(path.stem for path in Path(model.__path__[0]).glob("*.py") if path.stem != "__init__")


def imported(module: str, candidates: list[str]) -> list[str]:
    """Return which of `candidates` a fresh interpreter has after importing `module`."""
    command = [sys.executable, "-c", LIST_HEAVY, module, *candidates]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(json.loads(answer.stdout))


@pytest.mark.parametrize("module", ["model.classifier", "model.registry", "model.engines", "model.engines.pytorch"])
def test_the_model_room_loads_nothing_heavy(module: str) -> None:
    assert imported(module, HEAVY) == []


def test_the_model_room_knows_no_other_room() -> None:
    everything = "; ".join(f"import model.{name}" for name in ROOM)
    command = f"{everything}; import sys; print([m for m in sys.modules if m.split('.')[0] in ('service', 'training')])"
    answer = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def test_the_front_door_loads_no_library_but_its_own() -> None:
    assert imported("service.cli", [*HEAVY, "numpy", "tokenizers", "py3langid", "training"]) == []


def test_the_registry_s_command_loads_no_engine() -> None:
    assert imported("service.commands.models", [*ENGINES, "pyarrow", "fastapi", "training"]) == []


def test_the_check_sees_what_it_looks_for() -> None:
    assert imported("model.calibration", ["numpy"]) == ["numpy"]

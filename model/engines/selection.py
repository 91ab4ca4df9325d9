"""Picks the engine: by name, or the fastest of those that this processor and this model are fit for."""

import logging
import platform
import shutil
import time
from collections.abc import Collection, Sequence, Set
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from model.batching import Batch
from model.engines.base import Engine
from model.engines.openvino import PRECISIONS as OPENVINO_PRECISIONS
from model.engines.openvino import OpenVinoEngine, has_graph
from model.engines.pytorch import PRECISIONS as TORCH_PRECISIONS
from model.engines.pytorch import TorchEngine, import_torch
from model.errors import SettingsError

logger = logging.getLogger(__name__)

NAMES = (
    "auto",
    *(f"openvino-{precision}" for precision in OPENVINO_PRECISIONS),
    *(f"torch-{precision}" for precision in TORCH_PRECISIONS),
)
_CPUINFO = Path("/proc/cpuinfo")
# A batch like those of a busy server, and how often it is run; the first run builds kernels and is not timed.
_ROWS, _LENGTH, _RUNS = 8, 64, 3


def load_engine(
    directory: Path, *, name: str = "auto", threads: int | None = None, precisions: Collection[str] = ()
) -> Engine:
    """Load the model in `directory` into the engine called `name`.

    `auto` takes a GPU where there is one; on a processor, the fastest of OpenVINO's precisions, and PyTorch for a
    model without a graph. Less than float32 is only considered where it is among `precisions`: those that were
    measured to give this model's labels. A name, though, is taken at its word.

    Raises:
        SettingsError: no engine has that name, or the model has no graph for it.
        MissingExtraError: the engine's library is not installed.
    """
    if name not in NAMES:
        raise SettingsError(f"there is no engine {name!r}; choose one of: {', '.join(NAMES)}")
    if name != "auto":
        return _load(directory, name, threads)
    if has_gpu():
        return _load(directory, "torch-bfloat16" if "bfloat16" in precisions else "torch-float32", threads)
    if not has_graph(directory):
        return _load(directory, "torch-float32", threads)
    names = [f"openvino-{precision}" for precision in promising(precisions, processor_features())]
    return _fastest([_load(directory, name, threads) for name in names])


def has_gpu() -> bool:
    """True where PyTorch finds a graphics card. Without a driver it is not even asked: importing it takes seconds."""
    if shutil.which("nvidia-smi") is None or find_spec("torch") is None:
        return False
    return bool(import_torch().cuda.is_available())


def processor_features() -> frozenset[str] | None:
    """The features that the kernel names, for example `avx512_vnni`; None where it does not tell."""
    if platform.machine() not in ("x86_64", "AMD64") or not _CPUINFO.is_file():
        return None
    lines = _CPUINFO.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if line.startswith("flags") for word in line.partition(":")[2].split())


def promising(precisions: Collection[str], features: Set[str] | None) -> list[str]:
    """The precisions among `precisions` that may be the fastest on a processor with `features`, float32 included.

    Products of bytes (VNNI, AMX) always beat float32.
    """
    known = features or frozenset()
    found = [name for name in ("int8", "bfloat16") if name in precisions]
    if "bfloat16" in found and not has_fast_bfloat16(features):
        found.remove("bfloat16")
    fast_bytes = not known.isdisjoint({"avx512_vnni", "avx_vnni", "amx_int8"})
    return found if fast_bytes and "int8" in found else [*found, "float32"]


def has_bfloat16(features: Set[str] | None) -> bool:
    """True where a processor with `features` has bfloat16 at all."""
    return not (features or frozenset()).isdisjoint({"avx512_bf16", "amx_bf16"})


def has_fast_bfloat16(features: Set[str] | None) -> bool:
    """True where bfloat16 beats float32: AVX-512 has it too, but slower; AMX has tiles for it."""
    return "amx_bf16" in (features or frozenset())


def setting_for(engine: str) -> str:
    """The setting that asks for the engine of that name: `openvino-int8` for `openvino-cpu-int8`."""
    library, *_, precision = engine.split("-")
    return f"{library}-{precision}"


def _load(directory: Path, name: str, threads: int | None) -> Engine:
    library, precision = name.split("-")
    kind = OpenVinoEngine if library == "openvino" else TorchEngine
    return kind.load(directory, precision=precision, threads=threads)


def _fastest(engines: Sequence[Engine]) -> Engine:
    if len(engines) == 1:
        return engines[0]
    speeds = {engine.name: tokens_per_second(engine) for engine in engines}
    logger.info("tokens a second: %s", ", ".join(f"{name} {speed:,.0f}" for name, speed in speeds.items()))
    return max(engines, key=lambda engine: speeds[engine.name])


def tokens_per_second(engine: Engine) -> float:
    """Time a few small batches: a tenth of a second or so, enough to tell engines apart that differ by much."""
    ids = np.full((_ROWS, _LENGTH), 1, dtype=np.int64)
    batch = Batch(ids, np.ones_like(ids), np.zeros_like(ids))
    seconds = []
    for _ in range(1 + _RUNS):
        start = time.perf_counter()
        engine.run(batch)
        seconds.append(time.perf_counter() - start)
    return ids.size / min(seconds[1:])

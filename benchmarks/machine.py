"""What the figures were measured on; without it they say nothing."""

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psutil  # type: ignore[import-untyped]
from loky import cpu_count

from model.engines.selection import processor_features

# What decides which precision is fast.
_FLAGS = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_int8", "amx_bf16")
_PACKAGES = ("openvino", "numpy", "tokenizers", "torch", "transformers")


def describe() -> dict[str, Any]:
    features = processor_features() or frozenset()
    return {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "cores": cpu_count(),
        "flags": [flag for flag in _FLAGS if flag in features],
        "lacks": [flag for flag in _FLAGS if flag not in features],
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": f"{_distribution()}, Linux {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:  # noqa: PTH123 a device, not a path of ours
            names = [line.split(":", 1)[1].strip() for line in stream if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

"""The registry as text for a terminal: a list of versions, and the card of one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from model.artifact import Manifest, read_manifest
from model.errors import ModelError
from model.registry import Registry


def list_rows(registry: Registry) -> list[dict[str, Any]]:
    """Return one row for each version. An unreadable one is listed as such, and hides no other."""
    current = registry.pointer().current
    return [
        {"version": version, "current": version == current, **_summary(registry.path(version), version)}
        for version in registry.versions()
    ]


def list_table(rows: Sequence[dict[str, Any]]) -> str:
    """Lay out the rows of `list_rows`; a star marks the current version."""
    table = [
        (
            "*" if row["current"] else "",
            row["version"],
            row["error"] or row["name"],
            row["parent"],
            row["created"],
            _figure(row["macro_f1"]),
        )
        for row in rows
    ]
    headers = ["", "version", "name", "parent", "created", "test macro F1"]
    return tabulate(table, headers=headers, disable_numparse=True)


def card(manifest: Manifest, directory: Path) -> str:
    """Lay out everything that the manifest knows, but for breakdowns of figures."""
    calibration = manifest.calibration
    lines = [
        ("name", manifest.name),
        ("version", manifest.version),
        ("parent", manifest.parent or "none"),
        ("created", manifest.created),
        ("directory", str(directory)),
        ("temperature", f"{calibration.temperature:.3f}"),
        ("curves", "one for each label" if calibration.curves else "none"),
        ("abstains below", f"{calibration.abstain_threshold:.3f}"),
        *_section("data", manifest.data),
        *_section("metrics", {split: _headline(figures) for split, figures in manifest.metrics.items()}),
        *_section("files", manifest.checksums),
    ]
    return tabulate(lines, tablefmt="plain", disable_numparse=True)


def _summary(directory: Path, version: str) -> dict[str, Any]:
    try:
        manifest = read_manifest(directory)
    except ModelError:
        error = f"unreadable; see stance models verify {version}"
        return {"name": None, "parent": None, "created": None, "macro_f1": None, "error": error}
    return {
        "name": manifest.reference,
        "parent": manifest.parent,
        "created": manifest.created,
        "macro_f1": manifest.metrics.get("test", {}).get("overall", {}).get("macro_f1"),
        "error": None,
    }


def _section(title: str, content: dict[str, Any]) -> list[tuple[str, str]]:
    """One line for each entry of `content`; the title stands before the first."""
    lines = [f"{name}: {_one_line(value)}" for name, value in content.items()] or ["none"]
    return [(title if index == 0 else "", line) for index, line in enumerate(lines)]


def _one_line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return str(value)


def _headline(figures: dict[str, Any]) -> dict[str, str]:
    """The single figures of a whole split; its breakdowns are in the model's README.md and in the JSON."""
    overall = figures.get("overall", figures)
    return {name: text for name, value in overall.items() if (text := _figure(value))}


def _figure(value: Any) -> str | None:
    """A number, or an estimate with its interval; None for anything else."""
    if isinstance(value, dict) and {"value", "low", "high"} <= value.keys():
        return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value) if isinstance(value, int) else None

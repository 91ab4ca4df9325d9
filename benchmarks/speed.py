"""Contenders in turns: all texts at once, by length, and one at a time."""

import statistics
import sys
from collections.abc import Mapping, Sequence
from subprocess import Popen
from typing import Any

import click

from benchmarks.contenders.asking import Contender, Field
from benchmarks.contenders.catalogue import REFERENCE


def throughput(field: Field, texts: Sequence[str], *, rounds: int) -> dict[str, Any]:
    """Seconds of each round, and the share of labels that are those of float32; a first round is not timed."""
    labels = {name: contender.ask(texts).labels for name, contender in field.running.items()}
    seconds = _in_turns(field.running, {len(texts): texts}, rounds=rounds)
    wanted = labels.get(REFERENCE)
    return {
        name: {"seconds": timed[str(len(texts))], "agreement": _agreement(labels[name], wanted)}
        for name, timed in seconds.items()
    }


def by_length(field: Field, samples: Mapping[int, Sequence[str]], *, names: Sequence[str], rounds: int) -> Any:
    """Seconds of each round for each length."""
    chosen = {name: field.running[name] for name in names if name in field.running}
    for contender in chosen.values():
        for texts in samples.values():
            contender.ask(texts)
    return _in_turns(chosen, samples, rounds=rounds)


def single_texts(field: Field, texts: Sequence[str], *, rounds: int) -> dict[str, list[list[float]]]:
    """For each contender and round, the seconds that each text took alone."""
    found: dict[str, list[list[float]]] = {name: [] for name in field.running}
    share = len(texts) // rounds
    for turn in range(rounds):
        for name, contender in field.running.items():
            found[name].append(contender.ask(texts[turn * share : (turn + 1) * share], one_by_one=True).seconds)
            click.echo(f"one at a time, {name}: {1000 * statistics.median(found[name][-1]):.2f} ms", err=True)
    return found


def beside_neighbour(field: Field, texts: Sequence[str], *, names: Sequence[str], rounds: int) -> Any:
    """Seconds of each round, alone and while another process keeps one core busy."""
    found: dict[str, dict[str, list[float]]] = {name: {"alone": [], "beside": []} for name in names}
    for _ in range(rounds):
        for name in names:
            found[name]["alone"] += field.running[name].ask(texts).seconds
            with Popen([sys.executable, "-c", "while True: pass"]) as neighbour:
                found[name]["beside"] += field.running[name].ask(texts).seconds
                neighbour.kill()
            alone, beside = (len(texts) / found[name][state][-1] for state in ("alone", "beside"))
            click.echo(f"{name}: {alone:.1f} texts/s alone, {beside:.1f} beside a busy process", err=True)
    return found


def _in_turns(
    contenders: Mapping[str, Contender], samples: Mapping[int, Sequence[str]], *, rounds: int
) -> dict[str, dict[str, list[float]]]:
    seconds: dict[str, dict[str, list[float]]] = {name: {str(key): [] for key in samples} for name in contenders}
    for _ in range(rounds):
        for key, texts in samples.items():
            for name, contender in contenders.items():
                [second] = contender.ask(texts).seconds
                seconds[name][str(key)].append(second)
                click.echo(f"{key}, {name}: {len(texts) / second:.1f} texts/s", err=True)
    return seconds


def _agreement(labels: Sequence[str], wanted: Sequence[str] | None) -> float | None:
    if wanted is None:
        return None
    return statistics.mean(mine == theirs for mine, theirs in zip(labels, wanted, strict=True))

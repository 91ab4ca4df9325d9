"""What was measured, by name: the one place that knows the shapes of the files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.report.spread import Spread, each, percentile
from benchmarks.results import load

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """Each None where it was not measured."""

    offline: Figures | None
    lengths: Figures | None
    latency: Figures | None
    neighbour: Figures | None
    ceiling: Figures | None
    footprint: Figures | None
    server: Figures | None
    peers: Figures | None

    @classmethod
    def read(cls) -> "Measured":
        return cls(**{name: load(name) for name in cls.__slots__})


def offline_rates(offline: Figures) -> dict[str, list[float]]:
    """Texts a second in each round."""
    contenders = offline["contenders"]
    return {name: [offline["texts"] / second for second in found["seconds"]] for name, found in contenders.items()}


def length_rates(lengths: Figures) -> dict[str, dict[int, list[float]]]:
    """Texts a second in each round, by length in tokens."""
    counts = lengths["counts"]
    return {
        name: {int(length): [counts[length] / second for second in found] for length, found in by_length.items()}
        for name, by_length in lengths["seconds"].items()
    }


def single_ms(latency: Figures, share: float) -> dict[str, Spread]:
    """Milliseconds that `share` of the texts do not exceed, alone in the process."""
    return {
        name: each(rounds, lambda values: 1000 * percentile(values, share))
        for name, rounds in latency["seconds"].items()
    }


def loads(server: Figures, figure: str, *, clients: int) -> dict[str, list[float]]:
    """A figure of every visit to each server that answered, in the order of the rounds."""
    return {
        name: [visit["loads"][str(clients)][figure] for visit in visits]
        for name, visits in server["servers"].items()
        if visits
    }


def answer_times(server: Figures, figure: str, *, clients: int) -> dict[str, list[float]]:
    """As `loads`, but only of servers that answer in half the length of a load at most.

    wrk counts the answers that came before the end: of a slower server only its fastest, which says nothing.
    """
    rates = loads(server, "rate", clients=clients)
    return {
        name: values
        for name, values in loads(server, figure, clients=clients).items()
        if Spread.of(rates[name]).median * server["seconds"] / 2 > clients
    }


def ceilings(ceiling: Figures) -> dict[str, list[float]]:
    """Billions of operations a second that products of large matrices reach, by precision; int8 the better way."""
    rates = ceiling["rates"]
    static, dynamic = "int8, static ranges", "int8, dynamic ranges"
    int8 = max((static, dynamic), key=lambda name: Spread.of(rates[name]).median)
    return {"int8": rates[int8], "bfloat16": rates["bfloat16"], "float32": rates["float32"]}

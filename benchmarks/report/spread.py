"""A figure that was taken several times."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))

    def show(self, digits: int = 0, *, unit: str = "") -> str:
        low, high = f"{self.low:,.{digits}f}", f"{self.high:,.{digits}f}"
        return f"{self.median:,.{digits}f}{unit} ({low} to {high})"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Round by round: what slowed the machine in a round slowed both. A rate of nothing makes no ratio."""
    pairs = [(mine, other) for mine, other in zip(ours, theirs, strict=False) if other > 0]
    return Spread.of([mine / other for mine, other in pairs] or [float("nan")])


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def each(rounds: Sequence[Sequence[float]], find: Callable[[Sequence[float]], float]) -> Spread:
    return Spread.of([find(values) for values in rounds])

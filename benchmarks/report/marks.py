"""What the project set out to reach, and whether it did: measured, not argued."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.contenders.catalogue import INFINITY as INFINITY_OFFLINE
from benchmarks.contenders.catalogue import PIPELINE
from benchmarks.report.measured import Figures, Measured, ceilings, loads, offline_rates, single_ms
from benchmarks.report.spread import Spread, ratios
from benchmarks.servers import INFINITY, INFINITY_HALF, OURS

_MILLION, _HALF_AN_HOUR = 1e6, 30


@dataclass(frozen=True, slots=True)
class Mark:
    aim: str
    found: Spread
    wanted: float
    at_most: bool = False
    unit: str = ""

    @property
    def reached(self) -> bool:
        return self.found.median <= self.wanted if self.at_most else self.found.median >= self.wanted

    @property
    def row(self) -> list[str]:
        return [self.aim, self.found.show(2, unit=self.unit), "yes" if self.reached else "**no**"]


def marks(measured: Measured) -> list[Mark]:
    return [
        *(_offline(measured.offline) if measured.offline else ()),
        *(_ceiling(measured.ceiling) if measured.ceiling else ()),
        *(_single(measured.latency) if measured.latency else ()),
        *(_server(measured.server) if measured.server else ()),
    ]


def best_of_ours(rates: dict[str, list[float]]) -> str:
    return max((name for name in rates if name.startswith("ours")), key=lambda name: Spread.of(rates[name]).median)


def _offline(offline: Figures) -> Iterator[Mark]:
    rates = offline_rates(offline)
    best = rates[best_of_ours(rates)]
    yield Mark(f"offline, 10 times {PIPELINE}", ratios(best, rates[PIPELINE]), 10)
    if INFINITY_OFFLINE in rates:
        yield Mark(f"offline, 4 times {INFINITY_OFFLINE}", ratios(best, rates[INFINITY_OFFLINE]), 4)
    minutes = [_MILLION / rate / 60 for rate in best]
    yield Mark("a million such texts in under 30 minutes (reckoned)", Spread.of(minutes), _HALF_AN_HOUR, True, " min")


def _ceiling(ceiling: Figures) -> Iterator[Mark]:
    rates, tops = ceiling["rates"], ceilings(ceiling)
    engines = [name for name in rates if name not in ceiling["products"]]
    name = max(engines, key=lambda name: Spread.of(rates[name]).median)
    top = tops[name.removeprefix("openvino-")]
    yield Mark(f"half of the products' speed ({name})", ratios(rates[name], top), 0.5)


def _single(latency: Figures) -> Iterator[Mark]:
    found = {name: spread for name, spread in single_ms(latency, 0.5).items() if name.startswith("ours")}
    best = min(found.values(), key=lambda spread: spread.median)
    yield Mark("one text in the process, p50 under 4 ms", best, 4, True, " ms")


def _server(server: Figures) -> Iterator[Mark]:
    if not server["servers"].get(OURS):
        return
    alone = loads(server, "p50_ms", clients=1)
    yield Mark("one text over HTTP, p50 under 8 ms", Spread.of(alone[OURS]), 8, True, " ms")
    rates = loads(server, "rate", clients=32)
    for peer, wanted in ((INFINITY, 3.0), (INFINITY_HALF, 2.0)):
        if peer in rates:
            yield Mark(f"32 clients, {wanted:.0f} times {peer}", ratios(rates[OURS], rates[peer]), wanted)
    others = {
        name: Spread.of(found).median for name, found in rates.items() if name not in (OURS, INFINITY, INFINITY_HALF)
    }
    if others:
        best = max(others, key=lambda name: others[name])
        yield Mark(f"32 clients, 1.4 times the best other peer ({best})", ratios(rates[OURS], rates[best]), 1.4)
    slowest = loads(server, "p99_ms", clients=32)
    yield Mark("32 clients, p99 under 300 ms", Spread.of(slowest[OURS]), 300, True, " ms")

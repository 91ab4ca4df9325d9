"""Tables of the page, each None where nothing was measured."""

from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from benchmarks.contenders.catalogue import PIPELINE
from benchmarks.report.measured import Figures, answer_times, ceilings, length_rates, loads, offline_rates, single_ms
from benchmarks.report.spread import Spread, ratios
from benchmarks.servers import INFINITY


def offline_table(offline: Figures) -> str:
    rates = offline_rates(offline)
    ranked = sorted(rates, key=lambda name: -Spread.of(rates[name]).median)
    rows = [
        [
            name,
            Spread.of(rates[name]).show(),
            ratios(rates[name], rates[PIPELINE]).show(2),
            _percent(offline["contenders"][name]["agreement"]),
        ]
        for name in ranked
    ]
    return _table(rows, ["", "texts/s", f"times {PIPELINE}", "labels as in float32"])


def length_table(lengths: Figures) -> str:
    rates = length_rates(lengths)
    columns = sorted(next(iter(rates.values())))
    rows = [[name, *(f"{Spread.of(found[length]).median:,.0f}" for length in columns)] for name, found in rates.items()]
    return _table(rows, ["texts/s", *(f"{length} tokens" for length in columns)])


def single_table(latency: Figures) -> str:
    p50, p99 = single_ms(latency, 0.5), single_ms(latency, 0.99)
    ranked = sorted(p50, key=lambda name: p50[name].median)
    return _table([[name, p50[name].show(2), p99[name].show(2)] for name in ranked], ["", "p50, ms", "p99, ms"])


def neighbour_table(neighbour: Figures) -> str:
    rows = []
    for name, seconds in neighbour["seconds"].items():
        rates = {state: [neighbour["texts"] / second for second in found] for state, found in seconds.items()}
        left = ratios(rates["beside"], rates["alone"])
        rows.append([name, *(Spread.of(rates[state]).show() for state in ("alone", "beside")), left.show(2)])
    return _table(rows, ["", "texts/s alone", "texts/s beside", "what is left"])


def ceiling_table(ceiling: Figures) -> str:
    rates, tops = ceiling["rates"], ceilings(ceiling)
    products = [[f"product, {name}", Spread.of(rates[name]).show(), ""] for name in ceiling["products"]]
    engines = [
        [name, Spread.of(found).show(), _fraction(found, tops[name.removeprefix("openvino-")])]
        for name, found in rates.items()
        if name not in ceiling["products"]
    ]
    return _table([*products, *engines], ["", "billion operations/s", "of the product in its precision"])


def server_table(server: Figures, *, clients: int) -> str:
    columns = {name: loads(server, name, clients=clients) for name in ("rate", "refused", "broken")}
    times = [answer_times(server, name, clients=clients) for name in ("p50_ms", "p99_ms")]
    rates = columns["rate"]
    ranked = sorted(rates, key=lambda name: -Spread.of(rates[name]).median)
    rows = [
        [
            name,
            Spread.of(rates[name]).show(),
            ratios(rates[name], rates[INFINITY]).show(2) if INFINITY in rates else "",
            *(Spread.of(found[name]).show(1) if name in found else "too long to tell" for found in times),
            int(sum(columns["refused"][name])),
            int(sum(columns["broken"][name])),
        ]
        for name in ranked
    ]
    return _table(rows, ["", "requests/s", f"times {INFINITY}", "p50, ms", "p99, ms", "not 2xx", "broken"])


def server_cost_table(server: Figures) -> str:
    rows = [
        [
            name,
            Spread.of([visit["start_seconds"] for visit in visits]).show(1),
            *(
                f"{Spread.of([visit[when][figure] for visit in visits]).median:,.0f}"
                for when, figure in (
                    ("memory_before", "resident_mb"),
                    ("memory_after", "resident_mb"),
                    ("memory_after", "peak_mb"),
                    ("memory_after", "processes"),
                )
            ),
        ]
        for name, visits in server["servers"].items()
        if visits
    ]
    headers = ["", "start to first answer, s", "resident before, MB", "and after the load", "peak", "processes"]
    return _table(rows, headers)


def peers_table(peers: Figures) -> str:
    rows = [
        [
            name,
            ", ".join(f"{key} {value}" for key, value in sorted(peer["versions"].items())),
            f"{peer['install_mb']:,.0f}",
        ]
        if peer["installed"]
        else [name, f"**not installed**: {peer['reason']}", ""]
        for name, peer in peers["peers"].items()
    ]
    return _table(rows, ["", "versions", "site-packages, MB"])


def _fraction(found: Sequence[float], top: Sequence[float]) -> str:
    share = ratios(found, top)
    return f"{share.median:.0%} ({share.low:.0%} to {share.high:.0%})"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _table(rows: Sequence[Sequence[Any]], headers: Sequence[str]) -> str:
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)

"""Plots of the page, as SVG. Colours of Okabe and Ito, with a marker each, so that lines can be told apart without."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from benchmarks.report.measured import Figures, answer_times, length_rates, loads, offline_rates
from benchmarks.report.spread import Spread
from benchmarks.servers import OURS

_OURS, _PEER, _MARK = "#2f6690", "#bbbbbb", "#999999"
_COLOURS = ("#2f6690", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_MARKERS = "osD^vPX"
_AIM_MS = 300


def draw_offline(offline: Figures, lengths: Figures | None, path: Path) -> None:
    """Texts a second of everyone, and over the length of the texts."""
    with _reproducible():
        figure = Figure(figsize=(13, 4.8), layout="constrained")
        bars, *lines = figure.subplots(1, 2 if lengths else 1, squeeze=False)[0]
        _bars(
            bars, offline_rates(offline), title=f"{offline['texts']} texts of {offline['tokens']:.0f} tokens on average"
        )
        if lengths:
            _lines(lines[0], length_rates(lengths))
            _logarithmic(lines[0])
            lines[0].set(xlabel="tokens in a text", ylabel="texts/s", title="By length")
        figure.savefig(path, metadata={"Date": None})


def draw_server(server: Figures, path: Path) -> None:
    """Requests a second and the slowest answers over the number of clients."""
    with _reproducible():
        figure = Figure(figsize=(13, 4.8), layout="constrained")
        rates, slowest = figure.subplots(1, 2)
        _lines(rates, _by_clients(server, "rate"))
        rates.set_ylim(bottom=0)
        rates.set(xlabel="clients", ylabel="requests/s", title="One text a request")
        _lines(slowest, _by_clients(server, "p99_ms"), legend=False)
        _logarithmic(slowest)
        slowest.axhline(_AIM_MS, color=_MARK, linestyle="--")
        slowest.annotate(f"aim at 32 clients: {_AIM_MS} ms", (1, _AIM_MS), xytext=(0, 4), textcoords="offset points")
        slowest.set(xlabel="clients", ylabel="ms", title="Time that 99 % of the answers do not exceed")
        figure.savefig(path, metadata={"Date": None})


def _by_clients(server: Figures, figure: str) -> dict[str, dict[int, Sequence[float]]]:
    found: dict[str, dict[int, Sequence[float]]] = {}
    for clients in server["clients"]:
        take = loads if figure == "rate" else answer_times
        for name, values in take(server, figure, clients=clients).items():
            found.setdefault(name, {})[clients] = values
    return found


def _bars(axes: Axes, rates: Mapping[str, Sequence[float]], *, title: str) -> None:
    spreads = {name: Spread.of(values) for name, values in rates.items()}
    names = sorted(spreads, key=lambda name: spreads[name].median)
    medians = [spreads[name].median for name in names]
    errors = [
        [spreads[name].median - spreads[name].low for name in names],
        [spreads[name].high - spreads[name].median for name in names],
    ]
    colours = [_OURS if name.startswith(OURS) else _PEER for name in names]
    axes.barh(names, medians, xerr=errors, color=colours, error_kw={"ecolor": "black", "capsize": 3, "linewidth": 1})
    for place, name in enumerate(names):
        axes.annotate(
            f"{spreads[name].median:,.0f}",
            (spreads[name].high, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    axes.margins(x=0.15)
    axes.set(xlabel="texts/s (bars: medians; lines: slowest to fastest round)", title=title)


def _lines(axes: Axes, series: Mapping[str, Mapping[int, Sequence[float]]], *, legend: bool = True) -> None:
    ticks = sorted({place for found in series.values() for place in found})
    for index, (name, found) in enumerate(series.items()):
        spreads = [Spread.of(values) for values in found.values()]
        style: dict[str, Any] = {"color": _COLOURS[index % len(_COLOURS)], "marker": _MARKERS[index % len(_MARKERS)]}
        axes.plot(list(found), [spread.median for spread in spreads], label=name, **style)
        axes.fill_between(
            list(found),
            [s.low for s in spreads],
            [s.high for s in spreads],
            color=style["color"],
            alpha=0.15,
            linewidth=0,
        )
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    if legend:
        axes.legend()


def _logarithmic(axes: Axes) -> None:
    """With numbers that are read at a glance, not powers of ten."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())


def _reproducible() -> AbstractContextManager[None]:
    """The same figures give the same file, or every run would be a change to commit."""
    return mpl.rc_context({"svg.hashsalt": "comment-stance", "svg.fonttype": "none"})

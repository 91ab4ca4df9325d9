"""Where a peer does better than ours, said in sentences; and where none does."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.report.marks import best_of_ours
from benchmarks.report.measured import Figures, Measured, answer_times, length_rates, loads, offline_rates, single_ms
from benchmarks.report.spread import Spread, ratios
from benchmarks.servers import OURS


def worse(measured: Measured) -> list[str]:
    """One sentence for each figure in which a peer is ahead."""
    return [
        *(_offline(measured.offline) if measured.offline else ()),
        *(_lengths(measured.lengths) if measured.lengths else ()),
        *(_single(measured.latency) if measured.latency else ()),
        *(_server(measured.server) if measured.server else ()),
        *(_costs(measured.server) if measured.server else ()),
    ]


def _offline(offline: Figures) -> Iterator[str]:
    rates = offline_rates(offline)
    mine = best_of_ours(rates)
    for name, found in rates.items():
        if not name.startswith("ours") and (ahead := ratios(found, rates[mine])).median > 1:
            yield f"Offline, {name} is {ahead.show(2)} times as fast as {mine}."


def _lengths(lengths: Figures) -> Iterator[str]:
    rates = length_rates(lengths)
    mine = best_of_ours(
        {name: [value for found in by_length.values() for value in found] for name, by_length in rates.items()}
    )
    for name, by_length in rates.items():
        for length, found in by_length.items():
            if not name.startswith("ours") and (ahead := ratios(found, rates[mine][length])).median > 1:
                yield f"At {length} tokens, {name} is {ahead.show(2)} times as fast as {mine}."


def _single(latency: Figures) -> Iterator[str]:
    for share, what in ((0.5, "p50"), (0.99, "p99")):
        found = single_ms(latency, share)
        mine = min((name for name in found if name.startswith("ours")), key=lambda name: found[name].median)
        for name, spread in found.items():
            if not name.startswith("ours") and spread.median < found[mine].median:
                yield (
                    f"A single text ({what}) takes {spread.median:.2f} ms in {name}, "
                    f"{found[mine].median:.2f} ms in {mine}."
                )


def _server(server: Figures) -> Iterator[str]:
    for clients in server["clients"]:
        yield from _ahead(loads(server, "rate", clients=clients), f"requests/s at {clients} clients", most=True)
        for figure, name in (("p50_ms", "p50"), ("p99_ms", "p99")):
            yield from _ahead(
                answer_times(server, figure, clients=clients), f"ms, {name} at {clients} clients", most=False
            )


def _costs(server: Figures) -> Iterator[str]:
    visits = {name: found for name, found in server["servers"].items() if found}
    starts = {name: [visit["start_seconds"] for visit in found] for name, found in visits.items()}
    yield from _ahead(starts, "seconds from start to first answer", most=False)
    peaks = {name: [visit["memory_after"]["peak_mb"] for visit in found] for name, found in visits.items()}
    yield from _ahead(peaks, "MB at most", most=False)


def _ahead(figures: Mapping[str, Sequence[float]], what: str, *, most: bool) -> Iterator[str]:
    if OURS not in figures:
        return
    mine = Spread.of(figures[OURS]).median
    for name, found in figures.items():
        theirs = Spread.of(found).median
        if name != OURS and (theirs > mine if most else 0 < theirs < mine):
            yield f"{name}: {theirs:,.1f} {what}; ours {mine:,.1f}."

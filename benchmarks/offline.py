"""Ours beside `transformers.pipeline` and the installed peers, without a server: python -m benchmarks.offline.

All score the same texts on the same weights, in turns; the ratio is what counts, since the machine's own speed
changes from hour to hour. Writes build/bench/*.json, from which `benchmarks.page` makes the page.
"""

from collections.abc import Collection

import click

from benchmarks import ceiling, footprint
from benchmarks.contenders.asking import Field, contenders
from benchmarks.contenders.catalogue import PIPELINE, commands, ours
from benchmarks.results import installed_peers, save
from benchmarks.samples import mean_tokens, texts_by_length, timed_texts
from benchmarks.speed import beside_neighbour, by_length, single_texts, throughput
from model.classifier import StanceClassifier

PARTS = ("speed", "lengths", "latency", "neighbour", "ceiling", "footprint")
_BY_LENGTH = (ours("openvino-int8"), ours("openvino-float32"), PIPELINE)


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How often each is timed.")
@click.option("--texts", default=300, show_default=True, help="How many texts each scores in a round.")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Measure this only; may be repeated.")
def main(rounds: int, texts: int, parts: tuple[str, ...]) -> None:
    """Measure speed, speed by length, single texts, the fraction of the ceiling, cold start, memory and size."""
    chosen = set(parts or PARTS)
    installed = installed_peers()
    if chosen & {"speed", "lengths", "latency", "neighbour"}:
        with contenders(commands(installed)) as field:
            _race(field, chosen, rounds=rounds, texts=texts)
    if "ceiling" in chosen:
        save("ceiling", **ceiling.measure(timed_texts(texts), rounds=rounds))
    if "footprint" in chosen:
        save("footprint", **footprint.measure(rounds=rounds, installed="ours" in installed))


def _race(field: Field, chosen: Collection[str], *, rounds: int, texts: int) -> None:
    classifier = StanceClassifier.load(engine="openvino-float32")
    sample = timed_texts(texts)
    about = {"texts": len(sample), "tokens": mean_tokens(classifier, sample), "failed": field.failed}
    if "speed" in chosen:
        save("offline", **about, contenders=throughput(field, sample, rounds=rounds))
    if "lengths" in chosen:
        samples = texts_by_length(classifier)
        counts = {length: len(found) for length, found in samples.items()}
        save("lengths", counts=counts, seconds=by_length(field, samples, names=_BY_LENGTH, rounds=rounds))
    if "latency" in chosen:
        save("latency", **about, seconds=single_texts(field, sample, rounds=rounds))
    if "neighbour" in chosen:
        names = [name for name in (*_BY_LENGTH, ours("torch-float32")) if name in field.running]
        seconds = beside_neighbour(field, sample, names=names, rounds=rounds)
        save("neighbour", texts=len(sample), seconds=seconds)


if __name__ == "__main__":
    main()

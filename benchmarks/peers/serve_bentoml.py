"""BentoML with its adaptive batching; started by `bentoml serve benchmarks.peers.serve_bentoml:Stance`."""

# mypy: disable-error-code="import-not-found, untyped-decorator"

import bentoml

from benchmarks.peers.torch_model import TorchModel


@bentoml.service(workers=1, traffic={"timeout": 60, "max_concurrency": 256}, metrics={"enabled": False})
class Stance:
    def __init__(self) -> None:
        self.model = TorchModel()

    @bentoml.api(batchable=True, max_batch_size=32, max_latency_ms=60_000)
    def classify(self, texts: list[str]) -> list[dict[str, float]]:
        return self.model.classify(texts)

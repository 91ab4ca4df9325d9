"""Ray Serve with its dynamic batching: python -m benchmarks.peers.serve_ray PORT."""

# mypy: disable-error-code="import-not-found, untyped-decorator, attr-defined"

import os
import sys
from typing import Any

import ray
from ray import serve

from benchmarks.peers.torch_model import TorchModel

_CORES = len(os.sched_getaffinity(0))


@serve.deployment(
    max_ongoing_requests=256,
    ray_actor_options={"num_cpus": 1, "runtime_env": {"env_vars": {"OMP_NUM_THREADS": str(_CORES)}}},
)
class Stance:
    def __init__(self) -> None:
        self.model = TorchModel()

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.005)
    async def classify(self, texts: list[str]) -> list[dict[str, float]]:
        return self.model.classify(texts)

    async def __call__(self, request: Any) -> dict[str, float]:
        found: dict[str, float] = await self.classify((await request.json())["text"])
        return found


if __name__ == "__main__":
    ray.init(num_cpus=_CORES, include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Stance.bind(), blocking=True)

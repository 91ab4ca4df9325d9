"""infinity-emb through its Python interface: python -m benchmarks.contenders.infinity DTYPE."""

# mypy: disable-error-code="import-not-found"

import asyncio
import sys

from infinity_emb import AsyncEngineArray, EngineArgs

from benchmarks.contenders.protocol import serve
from benchmarks.places import MODEL


def main(dtype: str) -> None:
    arguments = EngineArgs(
        model_name_or_path=str(MODEL),
        served_model_name="stance",
        engine="torch",
        device="cpu",
        dtype=dtype,
        batch_size=32,
        model_warmup=False,
    )
    engines = AsyncEngineArray.from_args([arguments])
    with asyncio.Runner() as runner:

        def classify(texts: list[str]) -> list[str]:
            rows, _ = runner.run(engines.classify(model="stance", sentences=texts))
            return [max(row, key=lambda part: part["score"])["label"] for row in rows]

        runner.run(engines.astart())
        serve(classify)
        runner.run(engines.astop())


if __name__ == "__main__":
    main(sys.argv[1])

"""LitServe with its own batching: python -m benchmarks.peers.serve_litserve PORT."""

# mypy: disable-error-code="import-not-found, misc"

import sys

import litserve

from benchmarks.peers.torch_model import TorchModel


class Stance(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.model = TorchModel()

    def decode_request(self, request: dict[str, str]) -> str:
        return request["text"]

    def predict(self, texts: list[str]) -> list[dict[str, float]]:
        return self.model.classify(texts)

    def encode_response(self, output: dict[str, float]) -> dict[str, float]:
        return output


if __name__ == "__main__":
    api = Stance(max_batch_size=32, batch_timeout=0.005)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=60)
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False, log_level="warning"
    )

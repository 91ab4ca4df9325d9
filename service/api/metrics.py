"""What Prometheus reads at `/metrics`. Each app has a registry of its own."""

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from model.batching import Limits, padded_length, plan_batches
from model.classifier import StanceClassifier
from service.batcher import Answer
from service.store.labels import NewLabel

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_TOKENS = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
_SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class Metrics:
    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter("stance_requests", "Requests.", ["route", "status"], registry=registry)
        self._request_seconds = Histogram(
            "stance_request_seconds", "Whole requests.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._stage_seconds = Histogram(
            "stance_stage_seconds", "Stages of a scored request.", ["stage"], buckets=_SECONDS, registry=registry
        )
        self._shed = Counter("stance_shed", "Requests given up, by reason.", ["reason"], registry=registry)
        self._texts = Counter("stance_texts", "Texts scored, by label.", ["label"], registry=registry)
        self._labels = Counter("stance_labels", "Labels stored.", ["source", "label"], registry=registry)
        self._truncated = Counter("stance_truncated", "Texts cut before scoring.", registry=registry)
        self._abstained = Counter("stance_abstained", "Texts the model abstained on.", registry=registry)
        self._batch_tokens = Histogram(
            "stance_batch_tokens", "Tokens in an engine batch.", buckets=_TOKENS, registry=registry
        )
        self._padding = Histogram(
            "stance_batch_padding_ratio", "Share of padding in a batch.", buckets=_SHARES, registry=registry
        )
        self._queue_tokens = Gauge("stance_queue_tokens", "Padded tokens waiting or in the engine.", registry=registry)
        self._model = Info("stance_model", "The model served.", registry=registry)
        self._swaps = Counter("stance_model_swaps", "Models served one after another.", registry=registry)

    def model_changed(self, classifier: StanceClassifier) -> None:
        manifest = classifier.manifest
        self._model.info({"name": manifest.name, "version": manifest.version, "engine": classifier.engine.name})
        self._swaps.inc()

    def watch_queue(self, tokens: Callable[[], float]) -> None:
        self._queue_tokens.set_function(tokens)

    def request_ended(self, *, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, status).inc()
        self._request_seconds.labels(route).observe(seconds)

    def shed(self, reason: str) -> None:
        self._shed.labels(reason).inc()

    def scored(self, answer: Answer) -> None:
        for stage in ("queue", "tokenize", "inference"):
            self._stage_seconds.labels(stage).observe(getattr(answer.timing, stage))
        for text in answer.texts:
            self._texts.labels(text.prediction.label.value).inc()
            self._truncated.inc(text.prediction.truncated)
            self._abstained.inc(text.prediction.abstained)

    def labelled(self, labels: Sequence[NewLabel]) -> None:
        for label in labels:
            self._labels.labels(label.source, label.label.value).inc()

    def turn_ended(self, lengths: Sequence[int], limits: Limits) -> None:
        """Windows of these `lengths`, in tokens, went through an engine with these `limits`."""
        for batch in plan_batches(lengths, limits=limits):
            tokens = sum(lengths[index] for index in batch)
            padded = len(batch) * padded_length(max(lengths[index] for index in batch))
            self._batch_tokens.observe(tokens)
            self._padding.observe(1 - tokens / padded)

    def render(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

"""The reference engine: PyTorch, on a GPU where there is one, else on the CPU."""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.batching import CPU_LIMITS, GPU_LIMITS, Batch, Limits
from model.errors import EngineError, MissingExtraError, ModelCorruptError

if TYPE_CHECKING:
    import torch

PRECISIONS = ("bfloat16", "float32")


def import_torch() -> Any:
    """Import torch with waiting threads asleep: spinning ones collapse beside a busy neighbour.

    Raises:
        MissingExtraError: torch is not installed.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import torch
    except ModuleNotFoundError as error:
        raise MissingExtraError(feature="the PyTorch engine", extra="torch") from error
    return torch


def has_fast_bfloat16(device: str) -> bool:
    """True where bfloat16 is quicker than float32: on GPUs, and on CPUs with AMX tiles.

    AVX-512 alone has bfloat16 instructions too, but measured slower than float32.
    """
    torch = import_torch()
    return device != "cpu" or bool(torch.cpu.get_capabilities().get("amx_bf16", False))


class TorchEngine:
    """A `transformers` sequence classifier in evaluation mode."""

    def __init__(self, network: "torch.nn.Module", *, device: str, precision: str) -> None:
        self.network = network.to(device).eval()
        self._device = device
        self._precision = precision
        self.takes_type_ids = getattr(network.config, "type_vocab_size", 0) > 1

    @classmethod
    def load(
        cls, directory: Path, *, precision: str = "float32", threads: int | None = None, device: str | None = None
    ) -> "TorchEngine":
        """Load `directory`; without `device`, on a GPU where there is one.

        Raises:
            MissingExtraError: torch or transformers is not installed.
            ModelCorruptError: the weights lack a layer, which would be random without a word.
        """
        torch = import_torch()
        try:
            from transformers import AutoModelForSequenceClassification
            from transformers.utils import logging
        except ModuleNotFoundError as error:
            raise MissingExtraError(feature="the PyTorch engine", extra="torch") from error
        if threads:
            torch.set_num_threads(threads)
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        network, info = AutoModelForSequenceClassification.from_pretrained(
            directory,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        if missing := sorted(info["missing_keys"]):
            raise ModelCorruptError(f"{directory}: the weights lack {', '.join(missing)}; restore the model directory")
        return cls(network, device=device or ("cuda" if torch.cuda.is_available() else "cpu"), precision=precision)

    @property
    def name(self) -> str:
        return f"torch-{self._device}-{self._precision}"

    @property
    def limits(self) -> Limits:
        return CPU_LIMITS if self._device == "cpu" else GPU_LIMITS

    def run(self, batch: Batch) -> NDArray[np.float32]:
        torch = import_torch()
        inputs = {
            "input_ids": torch.from_numpy(batch.input_ids).to(self._device),
            "attention_mask": torch.from_numpy(batch.attention_mask).to(self._device),
        }
        if self.takes_type_ids:
            inputs["token_type_ids"] = torch.from_numpy(batch.token_type_ids).to(self._device)
        try:
            with torch.inference_mode(), self._autocast():
                logits = self.network(**inputs).logits
        except (RuntimeError, IndexError) as error:  # IndexError: past the vocabulary or the last position
            raise EngineError(f"{self.name} failed on a batch of shape {batch.input_ids.shape}: {error}") from error
        if not logits.isfinite().all():
            raise EngineError(f"{self.name} gave logits that are not numbers; try the engine torch-float32")
        return np.asarray(logits.float().cpu().numpy())

    def _autocast(self) -> AbstractContextManager[Any]:
        if self._precision == "float32":
            return nullcontext()
        torch = import_torch()
        return torch.autocast(self._device, dtype=torch.bfloat16)  # type: ignore[no-any-return]

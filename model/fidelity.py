"""How close a precision comes to float32 on one model, and how close it must come to be used unasked."""

from dataclasses import dataclass

LEAST_AGREEMENT = 0.99
MOST_F1_CHANGE = 0.005


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Measured on `texts` held-out texts: share of labels alike, and macro F1 less that of float32."""

    texts: int
    agreement: float
    macro_f1_change: float

    @property
    def suffices(self) -> bool:
        return self.agreement >= LEAST_AGREEMENT and abs(self.macro_f1_change) <= MOST_F1_CHANGE

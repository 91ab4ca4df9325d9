"""The three labels, in the one order that every array and file in this project uses."""

from enum import StrEnum


class Stance(StrEnum):
    """Position of a text toward normalization of relations between Russia and the US or the West."""

    SKEPTICAL = "skeptical"
    SUPPORTIVE = "supportive"
    NEUTRAL = "neutral"


LABELS: tuple[Stance, ...] = tuple(Stance)

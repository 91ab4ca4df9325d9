"""Engines run the encoder. All stand behind `Engine`; PyTorch is the reference."""

from model.engines.base import Engine
from model.engines.selection import load_engine

__all__ = ["Engine", "load_engine"]

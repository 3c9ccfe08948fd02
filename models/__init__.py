"""Trained networks and their loader. A model is NAME.onnx with its card, NAME.json, beside it."""

from .errors import ModelError
from .loader import DEFAULT, WHOLE, Card, Network, OnnxNetwork, load, read_card, whole
from .systole import SystoleModel, load_systole

__all__ = [
    "DEFAULT",
    "WHOLE",
    "Card",
    "ModelError",
    "Network",
    "OnnxNetwork",
    "SystoleModel",
    "load",
    "load_systole",
    "read_card",
    "whole",
]

"""Trained networks and their loader. A model is NAME.onnx with its card, NAME.json, beside it."""

from .loader import Card, ModelError, Network, load

__all__ = ["Card", "ModelError", "Network", "load"]

"""Trained networks and their loader. A model is NAME.onnx with its card, NAME.json, beside it."""

from .loader import DEFAULT, WHOLE, Card, ModelError, Network, load, whole

__all__ = ["DEFAULT", "WHOLE", "Card", "ModelError", "Network", "load", "whole"]

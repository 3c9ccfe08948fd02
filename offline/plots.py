"""Drawing to files with matplotlib, which is loaded only where something is drawn."""

from typing import Any

from .console import MissingExtra


def drawing() -> Any:
    """`matplotlib.pyplot`, set to draw to files alone. Raises MissingExtra."""
    try:
        import matplotlib
    except ImportError:
        raise MissingExtra("the plot", "matplotlib", "plot") from None
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt

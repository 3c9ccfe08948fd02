"""Learning curves: as text, as CSV, as a plot."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..console import drawing


@dataclass(frozen=True)
class Learning:
    """Loss and accuracy in each epoch, on the clips trained on and on those held out: shapes (epochs,)."""

    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    held_loss: NDArray[np.float64]
    held_accuracy: NDArray[np.float64]

    def text(self) -> str:
        """A line for each epoch."""
        lines = ["  epoch    loss  accuracy  held-out loss  held-out accuracy"]
        for i in range(len(self.loss)):
            lines.append(
                f"  {i + 1:5d}{self.loss[i]:8.3f}{self.accuracy[i] * 100:8.1f} %"
                f"{self.held_loss[i]:15.3f}{self.held_accuracy[i] * 100:17.1f} %"
            )
        return "\n".join(lines)


def write_csv(curves: Mapping[str, Learning], path: Path) -> None:
    """One row for each network and epoch."""
    names = [f.name for f in fields(Learning)]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["network", "epoch", *names])
        for network, curve in curves.items():
            for epoch, row in enumerate(zip(*(getattr(curve, n) for n in names), strict=True), 1):
                table.writerow([network, epoch, *(f"{v:.4f}" for v in row)])


def draw_curves(curves: Mapping[str, Learning], majority: float, path: Path) -> None:
    """Accuracy above, loss below, a column for each network; dashed: held out; dotted: always the larger class."""
    plt = drawing()
    figure, axes = plt.subplots(2, len(curves), figsize=(3.6 * len(curves), 5), sharex="col", squeeze=False)
    for (name, curve), (above, below) in zip(curves.items(), axes.T, strict=True):
        epoch = np.arange(1, len(curve.loss) + 1)
        above.plot(epoch, curve.accuracy * 100, "C0", label="trained on")
        above.plot(epoch, curve.held_accuracy * 100, "C0--", label="held out")
        above.axhline(majority * 100, color="k", linestyle=":", label="always the larger class")
        below.plot(epoch, curve.loss, "C3", epoch, curve.held_loss, "C3--")
        above.set(title=name, ylim=(0, 100), ylabel="accuracy, %")
        below.set(xlabel="epoch", ylabel="loss", ylim=(0, 1.1 * max(curve.loss.max(), curve.held_loss.max())))
        above.title.set_fontsize(9)
    axes[0, 0].legend(fontsize=7, loc="lower left")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)

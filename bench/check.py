"""A run against an earlier one, by ratios: these carry over between machines and moments, times do not."""

import json
from dataclasses import asdict
from pathlib import Path

from bench.measure import Figure


def write(path: Path, machine: str, figures: list[Figure]) -> None:
    """Keep the figures of a run."""
    kept = {"machine": machine, "figures": [asdict(f) for f in figures]}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> list[Figure]:
    """The figures of an earlier run. Raises ValueError where the file holds none."""
    try:
        return [Figure(**f) for f in json.loads(path.read_text(encoding="utf-8"))["figures"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not the figures of an earlier run ({error!r})") from None


def regressions(before: list[Figure], now: list[Figure]) -> list[str]:
    """Ratios that are worse than before by more than the spreads of both runs together, one line each."""
    earlier, worse = {f.name: f for f in before}, []
    for figure in now:
        old = earlier.get(figure.name)
        if old is None or not figure.ratio:
            continue
        loss = (old.value - figure.value) * (1 if figure.more else -1)
        noise = (old.high - old.low) + (figure.high - figure.low)
        if loss > noise:
            worse.append(f"{figure.name}: {figure.text}, was {old.text}")
    return worse

"""`python bench/no_heart.py`: sounds a minute that the engine names in recordings without a heart.

These are the artifacts of PASCAL set A, and the recordings of CinC 2016 that annotators gave up as noise from start to
end, in some of which a heart may beat. Wanted are 2 a minute at most.
"""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from heartseg.models import Network, load
from heartseg.offline.datasets.cinc2016 import read_cinc2016
from heartseg.offline.datasets.recording import data_root
from heartseg.offline.segmentation import segment_file
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.lag import DEFAULT_LAG

WANTED = 2.0


def recordings(root: Path) -> dict[str, list[Path]]:
    """The recordings without a heart below a folder of public sets, by kind. Raises DataError."""
    noise = [r.audio for r in read_cinc2016(root / "cinc2016/dev") if not (r.state > 0).any()]
    return {"PASCAL artifact": sorted((root / "pascal").glob("*/artifact*.wav")), "CinC noise": noise}


def sounds_of(path: Path, network: Network) -> tuple[int, float]:
    """Sounds named in a recording, and its minutes."""
    segmentation = segment_file(path, network, DEFAULT_LAG)
    return len(segmentation.sounds), segmentation.accounts.captured / STREAM_RATE / 60


def main() -> int:
    """Measure and print; exit status 1 where more are named than wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=data_root(), help="folder of public sets (default: $HEARTSEG_DATA)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    args = parser.parse_args()
    network, figures = load(), {}
    table = Table("recording", "sounds", "seconds", "a minute")
    for kind, paths in recordings(args.data).items():
        counts = {path.stem: sounds_of(path, network) for path in paths}
        whole = {kind: tuple(map(sum, zip(*counts.values(), strict=True)))}
        for name, (sounds, minutes) in {**counts, **whole}.items():
            table.add_row(name, f"{sounds}", f"{minutes * 60:.1f}", f"{sounds / minutes:.1f}", end_section=name == kind)
        sounds, minutes = whole[kind]
        figures[kind] = sounds / minutes
    Console().print(table)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    return int(max(figures.values()) > WANTED)


if __name__ == "__main__":
    sys.exit(main())

"""The recordings of the benchmark and of the training, and the split by person: `recordings.csv` beside this file.

`python bench/peers/recordings.py` writes that table again. With --check it compares yours with it instead, by the
samples, so that a FLAC and a WAV of the same recording agree.
"""

import argparse
import csv
import hashlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # where `bench` is

from bench.peers.methods import SETS
from heartseg.offline.datasets.recording import DataError, Recording, data_root
from heartseg.offline.datasets.sets import read_set
from heartseg.offline.scoring import reference_of

TABLE = Path(__file__).with_name("recordings.csv")

TRAINING_SETS = ("circor/train", "cinc2016/train")

COLUMNS = ("set", "recording", "person", "rate_hz", "samples", "sounds", "sha256")
"""sounds: of the reference, S1 and S2. sha256: of the samples as 16-bit little-endian; empty for training."""


def row_of(name: str, recording: Recording, hashed: bool = True) -> dict[str, str]:
    """The row of a recording of the set `name`. Raises soundfile.LibsndfileError."""
    info = soundfile.info(recording.audio)
    sounds = sum(map(len, reference_of(recording).sounds.values()))
    digest = hashlib.sha256(soundfile.read(recording.audio, dtype="int16")[0].astype("<i2").tobytes()).hexdigest()
    values = (name, recording.name, recording.person, info.samplerate, info.frames, sounds, digest if hashed else "")
    return dict(zip(COLUMNS, map(str, values), strict=True))


def rows(data: Path) -> Iterator[dict[str, str]]:
    """All rows, those of the benchmark first. Raises DataError."""
    for name in (*SETS, *TRAINING_SETS):
        for recording in read_set(data / name):
            yield row_of(name, recording, name in SETS)


def as_csv(table: list[dict[str, str]]) -> str:
    """The rows as a table."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def published() -> list[dict[str, str]]:
    """The rows of `recordings.csv`."""
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def differences(data: Path) -> Iterator[str]:
    """A line for each recording of the benchmark that is not as published. Raises DataError."""
    for name in SETS:
        yours = {r.name: r for r in read_set(data / name)}
        for row in published():
            if row["set"] == name and row["recording"] not in yours:
                yield f"{name}/{row['recording']}: missing"
            elif row["set"] == name and row != row_of(name, yours[row["recording"]]):
                yield f"{name}/{row['recording']}: other samples, or another annotation"


def main(argv: list[str] | None = None) -> int:
    """Write or check the table; the exit status."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, default=data_root(), help="folder of public sets (default: $HEARTSEG_DATA)")
    p.add_argument("--check", action="store_true", help="compare only; exit status 1 where a recording differs")
    args = p.parse_args(argv)
    try:
        if not args.check:
            TABLE.write_text(as_csv(list(rows(args.data))))
            return 0
        lines = list(differences(args.data))
    except (DataError, soundfile.LibsndfileError) as error:
        print(f"recordings: {error}", file=sys.stderr)
        return 1
    print(*(lines or ["all recordings of the benchmark are as published"]), sep="\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())

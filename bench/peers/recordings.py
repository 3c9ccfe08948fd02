"""The recordings of the benchmark and of the training, and the split by person: `recordings.csv` beside this file.

--arrange sorts what `heartseg-offline fetch` downloaded into the folders of this table. --check compares recordings
with it by their samples, so that a FLAC and a WAV of the same recording agree. --write makes the table again.
"""

import argparse
import csv
import hashlib
import io
import shutil
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


def arrange(download: Path, data: Path) -> int:
    """Copy the recordings of the table and their annotations into their folders; returns how many are not there.

    Files that exist are kept. PASCAL needs none of this: `fetch` leaves it as it is read.
    """
    files = {path.name: path for path in download.rglob("*") if path.is_file()}
    missing = 0
    for row in published():
        if row["set"] == "pascal":
            continue
        name = row["recording"]
        audio = files.get(f"{name}.wav") or files.get(f"{name}.flac")
        annotation = files.get(f"{name}.tsv") or files.get(f"{name}_StateAns.mat")
        if audio is None or annotation is None:
            missing += 1
            continue
        (data / row["set"]).mkdir(parents=True, exist_ok=True)
        for path in (audio, annotation):
            target = data / row["set"] / path.name
            if not target.exists():
                shutil.copyfile(path, target)
    return missing


def main(argv: list[str] | None = None) -> int:
    """Write or check the table; the exit status."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, default=data_root(), help="folder of public sets (default: $HEARTSEG_DATA)")
    way = p.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--arrange", type=Path, metavar="DIR", help="a folder of downloads, whose files are copied to --data"
    )
    way.add_argument("--check", action="store_true", help="exit status 1 where a recording differs")
    way.add_argument("--write", action="store_true", help="for those who change the benchmark")
    args = p.parse_args(argv)
    try:
        if args.arrange:
            print(f"{arrange(args.arrange, args.data)} recordings of the table are not in {args.arrange}")
            return 0
        if args.write:
            TABLE.write_text(as_csv(list(rows(args.data))))
            return 0
        lines = list(differences(args.data))
    except (DataError, OSError, soundfile.LibsndfileError) as error:
        print(f"recordings: {error}", file=sys.stderr)
        return 1
    print(*(lines or ["all recordings of the benchmark are as published"]), sep="\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())

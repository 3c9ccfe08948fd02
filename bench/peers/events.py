"""`python bench/peers/events.py EVENTS.zip`: heartseg's events on the benchmark, as an archive that anybody can score.

It has a folder for each set with a JSON Lines file for each recording, heard live at the default lag, and the table of
the recordings. Unpack it, then `heartseg-offline score circor/dev EVENTS/circor/dev`. The same events give the same
bytes. Not a medical device.
"""

import argparse
import json
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # where `bench` is

from bench.peers.methods import METHODS, SETS, PeerError
from bench.peers.recordings import as_csv, row_of
from heartseg.offline.datasets.recording import DataError, data_root
from heartseg.offline.datasets.sets import read_set
from heartseg.offline.formats.results import Results

METHOD = "heartseg-live"


def without_folder(lines: str) -> bytes:
    """The lines of a result, whose session names the recording without the folder that it had here."""
    first, _, rest = lines.partition("\n")
    session = json.loads(first)
    session["source"] = Path(session["source"]).name
    return f"{json.dumps(session, ensure_ascii=False)}\n{rest}".encode()


def write_archive(path: Path, data: Path, out: Path, sets: tuple[str, ...] = SETS) -> None:
    """Segment what is not yet segmented in `out`, and pack it. Raises PeerError, DataError."""
    contents: dict[str, bytes] = {"README.txt": (__doc__ or "").encode()}
    table = []
    for name in sets:
        folder, recordings = out / METHOD / name, read_set(data / name)
        METHODS[METHOD].segment(METHOD, out, recordings, folder)
        results = Results(folder)
        for recording in recordings:
            table.append(row_of(name, recording))
            result = results.of(Path(recording.name))
            if result is None:
                raise DataError(f"{folder}: has no result of {recording.name}")
            contents[f"{name}/{recording.name}.jsonl"] = without_folder(result.read_text(encoding="utf-8"))
    contents["recordings.csv"] = as_csv(table).encode()
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for place, content in sorted(contents.items()):
            archive.writestr(zipfile.ZipInfo(place), content, zipfile.ZIP_DEFLATED, 9)


def main(argv: list[str] | None = None) -> int:
    """Write the archive; the exit status."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("archive", type=Path, metavar="EVENTS.zip", help="is not overwritten")
    p.add_argument("--data", type=Path, default=data_root(), help="folder of public sets (default: $HEARTSEG_DATA)")
    p.add_argument("--out", type=Path, default=Path("runs/peers"), help="that of bench/peers/ (default: %(default)s)")
    args = p.parse_args(argv)
    if args.archive.exists():
        p.error(f"{args.archive} exists; name another file")
    try:
        write_archive(args.archive, args.data, args.out)
    except (PeerError, DataError, OSError) as error:
        print(f"events: {error}", file=sys.stderr)
        return 1
    print(f"{args.archive}: {args.archive.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python bench/`: does heartseg keep up on this machine, and by how much?

Sides that are compared run in turn in one process and give ratios with their quartiles: machines are noisy.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where `bench` is

from rich.console import Console
from rich.table import Table

from bench import decimation, headroom, latency, offline, process, streams
from bench.measure import Figure, Wrong, read_figures, regressions, write_figures

BENCHMARKS: dict[str, Callable[[], list[Figure] | tuple[list[Figure], list[str]]]] = {
    "latency": latency.measure,
    "headroom": headroom.measure,
    "streams": streams.measure,
    "decimation": decimation.measure,
    "offline": offline.measure,
    "process": process.measure,
}


def machine() -> str:
    """The processor, its cores and the Python."""
    name = platform.processor() or platform.machine()
    if sys.platform == "linux":
        found = [s for s in Path("/proc/cpuinfo").read_text().splitlines() if s.startswith("model name")]
        name = found[0].split(":", 1)[1].strip() if found else name
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def verdict(figures: list[Figure]) -> tuple[str, bool]:
    """One plain sentence, and whether this machine is fit."""
    values = {f.name: f.value for f in figures}
    room = values.get("headroom: hop ÷ p99 of its work")
    if room is None:
        return "no verdict without the headroom", True
    many = values.get("streams on this core, p99 of a round within a hop")
    rest = "" if many is None else f"; {many:.0f} streams on this core"
    fit = "keeps up" if room > 2 else "does NOT keep up safely"
    return f"{fit}: {room:.{0 if room >= 10 else 1}f}× headroom{rest}", room > 1


def main(argv: list[str] | None = None) -> int:
    """Measure, print the table and the verdict; the exit status."""
    p = argparse.ArgumentParser(prog="python bench/", description=__doc__)
    p.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    p.add_argument("--check", type=Path, metavar="FILE", help="exit 1 where a ratio is worse than in an earlier FILE")
    p.add_argument("--only", choices=BENCHMARKS, help="one benchmark")
    args = p.parse_args(argv)
    try:
        before = read_figures(args.check) if args.check else []
    except (OSError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    console, figures = Console(), []
    table = Table("what", "median (quartiles)", title=f"heartseg on {machine()}")
    for name in [args.only] if args.only else BENCHMARKS:
        try:
            found = BENCHMARKS[name]()
        except Wrong as error:
            print(f"bench: {name}: {error}", file=sys.stderr)
            return 1
        rows, lines = found if isinstance(found, tuple) else (found, [])
        if lines:
            console.print("work per hop of 50 ms, in the live engine:", *lines, sep="\n", highlight=False)
        for row in rows:
            table.add_row(row.name, row.text)
        table.add_section()
        figures += rows
    console.print(table)
    said, fit = verdict(figures)
    if args.json:
        write_figures(args.json, machine(), figures)
    worse = regressions(before, figures)
    for line in worse:
        console.print(f"worse: {line}", highlight=False)
    console.print(f"{said}. Not a medical device.", highlight=False)
    return 0 if fit and not worse else 1


if __name__ == "__main__":
    sys.exit(main())

"""Readers fed with damaged files, a night long: `python tests/support/fuzz.py [READER ...] --count 100000`.

Valid files are damaged by bytes, spans, numbers and words that a hostile hand would choose. Each reader must read what
comes of it, or refuse it by its own exception in one line that names the file; within 10 s of CPU time and 256 MB, and
without running code, another process or the network. Each reader runs in a process of its own, which leaves the file
that it died of.
"""

import argparse
import codecs
import random
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fuzz_readers import READERS

CPU_S, MEMORY_MB = 10, 256

FORBIDDEN = (
    "exec", "compile", "pickle.find_class", "marshal.loads", "ctypes.dlopen", "os.system", "os.exec", "os.fork",
    "os.posix_spawn", "subprocess.Popen", "socket.connect", "socket.getaddrinfo",
)  # fmt: skip
"""Audit events of code that is run, and of the world outside."""

NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 10_000, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 4_000_000_000,
           (1 << 63) - 1, (1 << 64) - 1)  # fmt: skip
WORDS = (
    "nan", "inf", "-inf", "1e308", "1e999", "-1", "-1e308", "0", "1.5", "9" * 400, "9" * 5000, "\u0663", "\u00b2",
    "null", "true", "[]", "{}", "[" * 3000, '{"a":' * 3000, '"', "'", "S1", "S2", "gap", "\\", ",", "\t", "\n", "\r",
    "\0", "\u2028", "\ufeff", "=cmd()", "x" * 70_000, "",
)  # fmt: skip


def damaged(seed, binary, rng):
    """A damaged copy of a valid file."""
    data = bytearray(seed)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        rng.choice(BINARY if binary else TEXT)(data, rng)
    return bytes(data)


def _span(data, rng):
    start = rng.randrange(len(data) + 1)
    return slice(start, start + rng.choice((1, 1, 2, 4, 16, 64)))


def flip(data, rng):
    """One bit."""
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def number(data, rng):
    """Overwrite some bytes by a number that is an edge, in either order."""
    size = rng.choice((1, 2, 4, 4, 8))
    value = struct.pack(rng.choice("<>") + "Q", rng.choice(NUMBERS) & (1 << 8 * size) - 1)
    at = rng.randrange(min(len(data), rng.choice((64, 1 << 30))) + 1)
    data[at : at + size] = value[:size] if value[:size].strip(b"\0") else value[-size:]


def cut(data, rng):
    """The end, or a span."""
    del data[slice(rng.randrange(len(data) + 1), None) if rng.random() < 0.5 else _span(data, rng)]


def again(data, rng):
    """A span twice, or many times."""
    data[rng.randrange(len(data) + 1) : 0] = data[_span(data, rng)] * rng.choice((1, 2, 300))


def noise(data, rng):
    """Anything in place of a span."""
    data[_span(data, rng)] = rng.randbytes(rng.choice((1, 4, 40)))


def word(data, rng):
    """A word in place of another."""
    places = list(re.finditer(rb"[^\s,:\t]+", data))
    place = rng.choice(places).span() if places else (0, 0)
    data[slice(*place)] = rng.choice(WORDS).encode()


def line(data, rng):
    """A line twice, moved, or left out."""
    lines = data.splitlines(keepends=True) or [b""]
    taken = lines.pop(rng.randrange(len(lines)))
    for _ in range(rng.randrange(3)):
        lines.insert(rng.randrange(len(lines) + 1), taken)
    data[:] = b"".join(lines)


BINARY = (flip, flip, number, number, number, cut, again, noise)
TEXT = (word, word, word, word, line, flip, cut, again, noise)


def fuzz(name, count, seed, folder):
    """Feed one reader; returns what it did to how many, or raises AssertionError."""
    reader, rng = READERS[name], random.Random(f"{name} {seed}")
    seeds = reader.seeds(folder)
    path = folder / reader.file
    for encoding in ("latin-1", "utf-8", "utf-16-le"):  # whatever Python loads or compiles once is by then
        codecs.lookup(encoding)
    for content in seeds:
        path.write_bytes(content)
        reader.read(path)
    for _ in range(100):
        _refusal(reader, path, damaged(rng.choice(seeds), reader.binary, rng))
    broken = []
    sys.addaudithook(lambda event, args: broken.append((event, args)) if event in FORBIDDEN else None)
    before, refused, slowest = _peak_mb(), 0, 0.0
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for _ in range(count):
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, CPU_S)  # ends the process, whatever it is at
        refused += bool(_refusal(reader, path, damaged(rng.choice(seeds), reader.binary, rng)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - began)
        assert not broken, f"it ran what it should not: {broken[:3]}"
        assert _peak_mb() - before < MEMORY_MB, f"it took {_peak_mb() - before:.0f} MB"
    return f"{name}: {count} files, {refused} refused, slowest {slowest:.2f} s, {_peak_mb() - before:.0f} MB more"


def _refusal(reader, path, content):
    """What the reader says of a file, None if it reads it."""
    path.write_bytes(content)
    try:
        reader.read(path)
    except reader.error as error:
        said = str(error)
        assert path.stem in said and said.isprintable() and len(said) < 1000, f"not a clear message: {said[:2000]!r}"
        return said
    return None


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    """Feed the readers that are named, or all; the exit status says whether all stood it."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("reader", nargs="*", choices=[*READERS, []], help=f"{', '.join(READERS)} (default: all)")
    p.add_argument("--count", type=int, default=100_000)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--keep", type=Path, help="folder for the file that a reader dies of")
    args = p.parse_args()
    if len(args.reader) == 1:
        folder = args.keep or Path(tempfile.mkdtemp(prefix="heartseg-fuzz-"))
        folder.mkdir(parents=True, exist_ok=True)
        print(fuzz(args.reader[0], args.count, args.seed, folder))
        return 0
    failed = 0
    for name in args.reader or READERS:
        folder = (args.keep or Path(tempfile.mkdtemp(prefix="heartseg-fuzz-"))) / name
        command = [sys.executable, __file__, name, f"--count={args.count}", f"--seed={args.seed}", f"--keep={folder}"]
        status = subprocess.run(command).returncode
        if status:
            failed += 1
            print(f"{name}: failed ({status}) on {folder / READERS[name].file}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs that are ended at a random moment, a night long: `python tests/support/kills.py --count 200`.

A simulated heart at full speed, with a recording and events, is sent SIGTERM, SIGHUP or SIGKILL, or its pipe is closed,
at a random moment from its start on. What it leaves is checked.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import soundfile

LIVE = [
    sys.executable,
    "-X",
    "faulthandler",
    "-c",
    "import sys; from heartseg.stream.cli import main; sys.exit(main())",
]
RATE = 44_100
PIPE = "closed pipe"
WAYS = (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, PIPE)


def lines_of(path):
    """The objects of a JSON Lines file, whose every line is whole."""
    text = path.read_text(encoding="utf-8")
    assert text == "" or text.endswith("\n"), f"a torn line: {text[-80:]!r}"
    return [json.loads(line) for line in text.splitlines()]


def check_books(jsonl, wav):
    """A run that ended in good order: nothing is uncounted, and the recording holds all that was heard."""
    first, *events, last = lines_of(jsonl)
    samples = last["samples"]
    assert first["type"] == "session" and last["type"] == "end"
    assert samples["captured"] == samples["processed"] + samples["dropped"] + samples.get("pending", 0)
    assert soundfile.info(wav).frames == samples["processed"] + samples["dropped"]
    for kind, count in last["sounds"].items():
        assert count == sum(e["type"] == "sound" and e["kind"] == kind for e in events)


def check_remains(jsonl, wav):
    """A run that was ended at once: whole lines, and a recording that opens and is at most a second short."""
    if not jsonl.exists():
        return
    lines = lines_of(jsonl)
    frames = soundfile.info(wav).frames
    assert frames >= max((line.get("emitted_s", 0.0) for line in lines), default=0.0) * RATE - RATE


def end_one(way, rng, folder):
    """One run that is ended so; says at what it was."""
    jsonl, wav, out = folder / "events.jsonl", folder / "kept.wav", folder / "out"
    for path in (jsonl, wav):
        path.unlink(missing_ok=True)
    command = [*LIVE, "--demo", "--speed", "max", "--jsonl", str(jsonl), "--record", str(wav)]
    with out.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE if way is PIPE else file, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # nohup has it ignored
        )  # fmt: skip
    try:
        if way is PIPE:
            process.stdout.read(rng.randrange(1, 6_000))
            process.stdout.close()
        else:
            deadline = time.monotonic() + 60
            after = rng.choice((None, 0, rng.randrange(4_000), rng.randrange(100_000)))  # bytes of events
            while after is not None and process.poll() is None and time.monotonic() < deadline:
                if jsonl.exists() and jsonl.stat().st_size > after:
                    break
                time.sleep(0.002)
            time.sleep(rng.random() * (1.0 if after is None else 0.05))
            process.send_signal(way)
        status, said = _end_of(process)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    if way is PIPE:
        assert status == 0 and said.count("\n") == 2, (status, said)
        check_books(jsonl, wav)
        return "listening"
    if status == 0:
        assert said.count("\n") <= 2, said  # the files
        check_books(jsonl, wav)
        return "listening"
    assert said == "", said
    assert status == -way, f"exit status {status} after {way.name}"
    check_remains(jsonl, wav)
    if way is signal.SIGKILL:
        return "killed"
    assert not jsonl.exists() or len(lines_of(jsonl)) <= 1, "a run that listened was not ended in good order"
    return "starting"


def _end_of(process):
    """Exit status and standard error; where it does not end, the stacks of its threads."""
    try:
        status = process.wait(60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        raise AssertionError(f"it does not end: {process.stderr.read().decode()}") from None
    return status, process.stderr.read().decode()


def main():
    """End so many runs; the exit status says whether all left what they should."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--count", type=int, default=200)
    p.add_argument("--seed", type=int, default=0)
    args = p.parse_args()
    rng, found, failed = random.Random(args.seed), Counter(), 0
    for n in range(args.count):
        way = WAYS[n % len(WAYS)]
        name = getattr(way, "name", way)
        with tempfile.TemporaryDirectory() as folder:
            try:
                found[name, end_one(way, rng, Path(folder))] += 1
            except AssertionError as error:
                failed += 1
                print(f"run {n}, {name}: {error}", flush=True)
    for (name, what), count in sorted(found.items()):
        print(f"{name}, {what}: {count} in order")
    print(f"{failed} of {args.count} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
